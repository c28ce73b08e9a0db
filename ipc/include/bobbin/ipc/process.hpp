// One child process.
#pragma once

#include <bobbin/ipc/detail/deadline.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <sys/types.h>
#include <type_traits>
#include <utility>

namespace bobbin::inline v0::ipc {

// How a process ended: by itself with a code, or by a signal.
struct exit_status {
    int code = 0;    // 0 if it was killed, -1 if another part of the program has taken its status
    int signal = 0;  // that killed it, or 0

    [[nodiscard]] bool ok() const noexcept { return code == 0 && signal == 0; }
    friend bool operator==(const exit_status&, const exit_status&) = default;
};

// A function that runs in a child process, which is a copy of this one (fork): so it sees all that
// there was here before, and what it changes stays its own, but for shared memory.
//
// The function returns an exit code or nothing. An exception that leaves it is printed on stderr,
// and the exit code is 1. No destructor of the parent's objects runs in the child; what it wrote to
// std::cout and stdout is not lost. Signals have their default effects, but for ignored ones. The
// child is killed when the thread that made it ends, unless
// that is the last of its process.
//
// Fork copies one thread: use it in programs that have no other yet, as others may hold locks that
// nobody will ever give back in the child.
//
// Threads. One object by one thread at a time; kill() and terminate() by any.
class process {
public:
    // A copy of this process, which runs the function. Throws std::system_error if there is none to
    // be had.
    template <std::invocable F>
    [[nodiscard]] static process forked(F function) {
        return process(std::function<int()>([call = std::move(function)]() mutable {
            if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
                std::invoke(call);
                return 0;
            } else {
                return static_cast<int>(std::invoke(call));
            }
        }));
    }

    process(process&& other) noexcept;
    process& operator=(process&& other) noexcept;  // joins the one it was
    // Joins.
    ~process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    // Not ended yet.
    [[nodiscard]] bool running();
    // Waits for its end; afterwards, gives the same again.
    exit_status join();
    // The same, at most that long; nothing if it still runs.
    template <class Rep, class Period>
    std::optional<exit_status> join_for(std::chrono::duration<Rep, Period> wait) {
        return join_until(detail::after(wait));
    }

    // Ask it to end (SIGTERM), or end it (SIGKILL). Nothing happens if it has ended.
    void terminate() const noexcept;
    void kill() const noexcept;

private:
    explicit process(const std::function<int()>& function);
    std::optional<exit_status> join_until(detail::deadline until);
    void send(int signal) const noexcept;

    pid_t pid_ = -1;
    int descriptor_ = -1;  // a pidfd: the number may be another process's once it was joined
    std::optional<exit_status> ended_;
};

}  // namespace bobbin::inline v0::ipc
