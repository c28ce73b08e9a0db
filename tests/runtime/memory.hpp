// What a test's process takes of memory. Each measurement has a process of its own: malloc keeps
// what was freed, so an earlier one would hide what a later one takes.
#pragma once

#include <bobbin/runtime/task.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

// Runs `measure` in a forked process and returns the number that it returns. To be called before
// this process has other threads. -1 if the process failed.
template <class F>
long in_own_process(F measure) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        long result = -1;
        try {
            result = measure();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        const bool sent = write(ends[1], &result, sizeof result) == sizeof result;
        _exit(sent ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    long result = -1;
    if (read(ends[0], &result, sizeof result) != sizeof result) result = -1;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? result : -1;
}

// A line of /proc/self/status, in bytes.
inline long memory_status(const char* line) {
    std::FILE* file = std::fopen("/proc/self/status", "r");
    long kibibytes = -1;
    char text[256];
    while (file != nullptr && std::fgets(text, sizeof text, file) != nullptr)
        if (std::strncmp(text, line, std::strlen(line)) == 0)
            kibibytes = std::strtol(text + std::strlen(line) + 1, nullptr, 10);
    if (file != nullptr) std::fclose(file);
    return kibibytes * 1024;
}

inline long resident_bytes() {
    return memory_status("VmRSS");
}
inline long most_resident_bytes() {
    return memory_status("VmHWM");
}

// Never runs. A coroutine that returns this has the frame of one that returns task<void>, and says
// how large that is.
class measured_frame {
public:
    struct promise_type : bobbin::detail::task_promise<void> {
        measured_frame get_return_object() noexcept {
            return measured_frame(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        static void* operator new(std::size_t size) {
            last_size = size;
            return ::operator new(size);
        }
        static void operator delete(void* frame) noexcept { ::operator delete(frame); }
        static inline std::size_t last_size = 0;
    };

    explicit measured_frame(std::coroutine_handle<promise_type> own) noexcept : own_(own) {}
    measured_frame(const measured_frame&) = delete;
    measured_frame& operator=(const measured_frame&) = delete;
    ~measured_frame() { own_.destroy(); }
    std::size_t size() const noexcept { return size_; }

private:
    std::coroutine_handle<promise_type> own_;
    std::size_t size_ = promise_type::last_size;
};

}  // namespace test
