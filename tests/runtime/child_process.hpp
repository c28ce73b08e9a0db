// Runs code in a forked child, for what ends a process or must not be done to the tests' own.
#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

// ThreadSanitizer gives up when a child of a process with threads starts one.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool child_may_start_threads = false;
#else
constexpr bool child_may_start_threads = true;
#endif
#else
constexpr bool child_may_start_threads = true;
#endif

struct child_end {
    int exit_code = -1;  // -1 if it was killed
    int signal = 0;      // that killed it
    std::string err;     // what it wrote to stderr
};

// `body` returns the exit code. No destructor of the test's runs in the child, and after 30 seconds
// it is killed (SIGALRM).
template <class Body>
child_end in_child(Body body) {
    std::array<int, 2> err{};
    if (pipe(err.data()) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
        alarm(30);
        dup2(err[1], STDERR_FILENO);
        close(err[0]);
        _exit(body());
    }
    close(err[1]);
    child_end result;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = read(err[0], part.data(), part.size())) > 0;)
        result.err.append(part.data(), static_cast<std::size_t>(size));
    close(err[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    return result;
}

}  // namespace test
