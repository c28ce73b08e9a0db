// See server_process.hpp.
#include "process/server_process.hpp"

#include "os/control_socket.hpp"
#include "os/describe_end.hpp"
#include "os/uninterrupted.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

using namespace std::chrono_literals;

// Without memory, poll() returns early: then nothing has happened.
void await_any(std::span<pollfd> all, deadline until) noexcept {
    if (poll_until(all, until) < 0)
        for (pollfd& each : all) each.revents = 0;
}

}  // namespace

server_process::server_process(owned_descriptor socket, owned_descriptor pidfd, pid_t pid,
                               std::string path) noexcept
    : socket_(std::move(socket)),
      pidfd_(std::move(pidfd)),
      pid_(pid),
      path_(std::move(path)),
      application_(::getpid()) {}

server_process::~server_process() {
    // Not only closed: a child of this process may have it, too. But not by such a child.
    if (is_of_this_process()) ::shutdown(socket_.get(), SHUT_RDWR);
}

bool server_process::is_of_this_process() const noexcept {
    return ::getpid() == application_;
}

void server_process::give(int session) const {
    const std::byte mark{1};
    while (send_packet(socket_.get(), std::span(&mark, 1), std::span(&session, 1)) ==
           sending::would_block) {
        std::array either{watched(socket_.get(), POLLOUT), watched(pidfd_.get())};
        await_any(either, deadline::never);
        if (either[1].revents != 0) return;
    }
}

bool server_process::is_dead() const noexcept {
    std::array either{watched(pidfd_.get()), watched(socket_.get(), 0)};
    await_any(either, deadline::now);
    if (either[0].revents != 0) return true;
    if ((either[1].revents & POLLHUP) == 0) return false;
    // It closed its socket: it is about to end, or is no server any more.
    kill();
    while (either[0].revents == 0) await_any(std::span(either).first(1), deadline::never);
    return true;
}

std::optional<server_refusal> server_process::word() const noexcept {
    server_refusal first;
    ssize_t size = 0;
    // That what was given to it is unread is said once, before the word.
    do {
        size = ::recv(socket_.get(), &first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
    } while (size < 0 && errno == ECONNRESET);
    return size >= static_cast<ssize_t>(sizeof first.head) ? std::optional(first) : std::nullopt;
}

bool server_process::is_ready() const noexcept {
    const auto first = word();
    return first && first->head.what == server_news::ready;
}

void server_process::await_ready() const noexcept {
    const deadline end = deadline::after(patience);
    auto said = word();
    for (; !said && !is_dead(); said = word()) {
        if (end.has_passed()) kill();
        std::array either{watched(pidfd_.get()), watched(socket_.get())};
        await_any(either, std::max(end, deadline::after(10ms)));
    }
    if (said && said->head.what == server_news::ready) return;
    kill();
    std::array ended{watched(pidfd_.get())};
    while (ended[0].revents == 0) await_any(ended, deadline::never);
}

void server_process::kill() const noexcept {
    if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0) == 0 || errno != ENOSYS)
        return;
    // Under valgrind, which does not know it. The number is the server's until that is waited for.
    const std::lock_guard lock(mutex_);
    if (!is_buried_) ::kill(pid_, SIGKILL);
}

bool server_process::has_ended() noexcept {
    if (!is_dead()) return false;
    bury();
    return true;
}

void server_process::bury() noexcept {
    const std::lock_guard lock(mutex_);
    if (is_buried_) return;
    is_buried_ = true;
    const auto id = static_cast<id_t>(pidfd_.get());
    siginfo_t info{};
    // A child that was stopped before it could ask for a signal at the server's death is still in
    // its group. Linux 6.9 signals that by the pidfd; before, it is done by number, which is nobody
    // else's while the server is a zombie.
    constexpr unsigned to_its_group = 1U << 2U;  // PIDFD_SIGNAL_PROCESS_GROUP
    if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, to_its_group) != 0 &&
        errno == EINVAL && ::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid_)
        ::kill(-pid_, SIGKILL);
    if (uninterrupted([&] { return ::waitid(P_PIDFD, id, &info, WEXITED); }) != 0) return;
    const bool exited = info.si_code == CLD_EXITED;
    status_ =
        exit_status{.code = exited ? info.si_status : 0, .signal = exited ? 0 : info.si_status};
}

server_process::ending server_process::how() const noexcept {
    if (const auto first = word())
        return first->head.what == server_news::refuses ? ending::refused : ending::after_service;
    const std::lock_guard lock(mutex_);
    return status_ && status_->signal == 0 ? ending::was_no_server : ending::was_killed;
}

std::string server_process::describe_end() const {
    const auto what = how();
    if (what == ending::refused) {
        const auto first = word();
        return "no fork server: " + path_ + ", started as one, says that " +
               std::string(first->text.data(),
                           std::min<std::size_t>(first->text_size, first->text.size()));
    }
    const std::lock_guard lock(mutex_);
    const std::string how_it_ended = ipc::detail::describe_end(status_);
    if (what == ending::was_no_server)
        return "this program was started again as a fork server and did not become one (it " +
               how_it_ended +
               "): bobbin::ipc::init(argc, argv) has to be the first line of main, before anything "
               "that may end the program, or bobbin::ipc::init() be called before main";
    if (what == ending::after_service) return "the fork server " + how_it_ended;
    return "the fork server " + how_it_ended + " before it was ready" +
           (status_ ? "" : "; is bobbin::ipc::init(argc, argv) the first line of main?");
}

}}}  // namespace bobbin::v0::ipc::detail
