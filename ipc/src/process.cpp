#include "default_signals.hpp"

#include <bobbin/ipc/process.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace bobbin::inline v0::ipc {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void flush_output() noexcept {
    std::cout.flush();
    std::fflush(nullptr);
}

// The child's life. It leaves by _exit: what the parent registered for its own exit is not run.
[[noreturn]] void run_child(const std::function<int()>& function, pid_t parent) noexcept {
    // If the parent has died already, no signal will come.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
    detail::take_default_signals(false);
    int code = 1;
    try {
        code = function();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bobbin: process %d: %s\n", ::getpid(), error.what());
    } catch (...) {
        std::fprintf(stderr, "bobbin: process %d: an exception that is none of std's\n",
                     ::getpid());
    }
    flush_output();
    ::_exit(code);
}

int milliseconds_until(detail::deadline until) {
    if (until == detail::never) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::max(until, detail::deadline::clock::now()) - detail::deadline::clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, INT_MAX));
}

}  // namespace

process::process(const std::function<int()>& function) {
    flush_output();  // or the child would write it a second time
    const pid_t parent = ::getpid();
    // No signal reaches the child before it has its own way to take it.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_ = ::fork();
    if (pid_ == 0) run_child(function, parent);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    if (pid_ < 0) fail("bobbin: a process could not be started");
    // It was not reaped, so the number is its own.
    descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (descriptor_ < 0) {
        const int reason = errno;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        errno = reason;
        fail("bobbin: a process was started and ended again: no descriptor for it");
    }
}

process::process(process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      ended_(std::exchange(other.ended_, std::nullopt)) {}

process& process::operator=(process&& other) noexcept {
    process old(std::move(*this));
    pid_ = std::exchange(other.pid_, -1);
    descriptor_ = std::exchange(other.descriptor_, -1);
    ended_ = std::exchange(other.ended_, std::nullopt);
    return *this;
}

process::~process() {
    if (descriptor_ < 0) return;
    join();
    ::close(descriptor_);
}

bool process::running() {
    return !join_until(detail::now);
}

exit_status process::join() {
    return *join_until(detail::never);
}

std::optional<exit_status> process::join_until(detail::deadline until) {
    while (!ended_) {
        pollfd end{.fd = descriptor_, .events = POLLIN, .revents = 0};
        const int count = ::poll(&end, 1, milliseconds_until(until));
        if (count < 0 && errno != EINTR) fail("bobbin: waiting for a process");
        if (count <= 0) {
            if (until != detail::never && detail::deadline::clock::now() >= until) return {};
            continue;
        }
        siginfo_t info{};
        if (::waitid(P_PIDFD, static_cast<id_t>(descriptor_), &info, WEXITED) == 0) {
            ended_ = info.si_code == CLD_EXITED ? exit_status{.code = info.si_status}
                                                : exit_status{.signal = info.si_status};
        } else if (errno == ECHILD) {
            // Somebody waits for any child, or ignores SIGCHLD: its status went there.
            ended_ = exit_status{.code = -1};
        } else if (errno != EINTR) {
            fail("bobbin: waiting for a process");
        }
    }
    return ended_;
}

void process::send(int signal) const noexcept {
    if (descriptor_ >= 0)
        static_cast<void>(::syscall(SYS_pidfd_send_signal, descriptor_, signal, nullptr, 0));
}
void process::terminate() const noexcept {
    send(SIGTERM);
}
void process::kill() const noexcept {
    send(SIGKILL);
}

}  // namespace bobbin::inline v0::ipc
