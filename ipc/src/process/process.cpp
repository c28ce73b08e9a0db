// See process.hpp.
#include "os/default_signals.hpp"
#include "os/fail.hpp"
#include "os/lifeline.hpp"
#include "os/owned_descriptor.hpp"
#include "os/uninterrupted.hpp"
#include "process/fork_server.hpp"
#include "process/process_start.hpp"
#include "process/run_and_exit.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/runtime/detail/os/held_signals.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/pool/readable.hpp>

#include <cassert>
#include <cerrno>
#include <csignal>
#include <new>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc {

using detail::fail;

namespace {

// The life of a copy.
[[noreturn]] void run_copy(const std::function<int()>& function, pid_t parent,
                           int lifeline) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);     // where that is refused, the lifeline is left
    if (::getppid() != parent) ::_exit(1);  // it has died already, and no signal will come
    detail::hold_lifeline(lifeline);
    detail::take_default_signals(false);
    detail::run_and_exit(function);
}

}  // namespace

struct process::child {
    // Readable when `collect` has something to take.
    [[nodiscard]] int descriptor() const noexcept {
        return session ? session->descriptor() : pidfd.get();
    }

    void collect() {
        assert(!status);  // it is told once
        if (session)
            read_news();
        else
            wait_for();
    }

    void read_news() {
        const auto news = detail::next_news(*session);
        if (!news) return;
        // The child is killed, or was already: the pidfd will say when it has ended.
        if (news->server_gone) {
            send(SIGKILL);
            return session.reset();
        }
        if (news->what.what == detail::server_news::ended) status = news->status();
    }

    void wait_for() {
        siginfo_t info{};
        if (detail::uninterrupted([&] {
                return ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED);
            }) == 0)
            status = info.si_code == CLD_EXITED ? exit_status{.code = info.si_status}
                                                : exit_status{.signal = info.si_status};
        else if (errno == ECHILD || errno == EBADF)  // or the program has closed the descriptor
            status = exit_status{.code = -1};
        else
            fail(errno, "waiting for a process");
    }

    void send(int signal) noexcept {
        const bool is_sent = ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
        // The child has ended, or is another user's by now.
        if (!is_sent && signal == SIGKILL) holds = detail::lifeline();
    }

    // A child that this process has forked is no parent of ours: it can't wait, and news that it
    // read would be lost to who can.
    void check_ours() const {
        if (!home.is_this())
            throw std::logic_error(
                "bobbin: a process can be waited for by the process that started it, and not by a "
                "child that this one has forked since");
    }

    const bobbin::detail::home_process home;
    pid_t pid = -1;
    detail::lifeline holds;          // it alive
    detail::owned_descriptor pidfd;  // the number may be another process's once it was waited for
    std::optional<detail::fork_session> session;  // of the fork server's child, while that lives
    std::optional<exit_status> status;            // once it is known
};

process::process(std::unique_ptr<child> made) noexcept : child_(std::move(made)) {}

process process::start(const detail::process_call& call) {
    auto made = std::make_unique<child>();
    auto started = detail::start_process(call);
    made->pid = started.pid;
    made->holds = std::move(started.holds);
    made->pidfd = std::move(started.pidfd);
    made->session.emplace(std::move(started.session));
    return process(std::move(made));
}

process process::fork(const std::function<int()>& function) {
    auto made = std::make_unique<child>();
    auto [holds, held] = detail::lifeline::make();
    made->holds = std::move(holds);
    detail::flush_output();
    const pid_t parent = ::getpid();
    // No signal reaches the child before it has its own way to take it.
    {
        const bobbin::detail::held_signals no_signals;
        made->pid = ::fork();
        if (made->pid == 0) run_copy(function, parent, held.get());
    }
    if (made->pid < 0) fail(errno, "a process could not be started");
    // Nobody has waited for the child, so the number is still its own.
    made->pidfd =
        detail::owned_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, made->pid, 0)));
    if (!made->pidfd) {
        const int reason = errno;
        ::kill(made->pid, SIGKILL);
        detail::await_end_of(made->pid);
        fail(reason, "a process was started and ended again: no descriptor for it");
    }
    return process(std::move(made));
}

process::process(process&& other) noexcept = default;

process& process::operator=(process&& other) noexcept {
    const process old(std::move(*this));
    child_ = std::move(other.child_);
    return *this;
}

process::~process() {
    if (child_ != nullptr && child_->home.is_this())
        bobbin::detail::until_there_is_memory([this] { join(); });
}

process::child& process::own() const {
    if (child_ == nullptr)
        throw std::logic_error("bobbin: a process object that was moved from has no process");
    return *child_;
}

pid_t process::pid() const noexcept {
    return child_ != nullptr ? child_->pid : -1;
}

bool process::running() {
    return !join_until(deadline::now);
}

exit_status process::join() {
    return *join_until(deadline::never);
}

std::optional<exit_status> process::join_until(deadline until) {
    child& waited = own();
    while (!waited.status) {
        waited.check_ours();
        const int count = detail::poll_until(waited.descriptor(), POLLIN, until);
        if (count < 0 && errno == ENOMEM) continue;  // that passes
        if (count < 0) fail(errno, "waiting for a process");
        if (count == 0) return std::nullopt;
        waited.collect();
    }
    return waited.status;
}

task<exit_status> process::ended() {
    child& awaited = own();
    while (!awaited.status) {
        awaited.check_ours();
        co_await bobbin::detail::await_readable(awaited.descriptor());
        awaited.collect();
    }
    co_return *awaited.status;
}

void process::send(int signal) const noexcept {
    if (child_ != nullptr && child_->home.is_this()) child_->send(signal);
}
void process::terminate() const noexcept {
    send(SIGTERM);
}
void process::kill() const noexcept {
    send(SIGKILL);
}

}}}  // namespace bobbin::v0::ipc
