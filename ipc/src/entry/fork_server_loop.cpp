// The fork server: forks the children that its sessions ask for, reaps them, and tells of their
// ends.
#include "entry/server_child.hpp"
#include "os/control_socket.hpp"
#include "os/default_signals.hpp"
#include "os/uninterrupted.hpp"
#include "process/fork_server.hpp"
#include "process/last_words.hpp"
#include "process/program.hpp"
#include "process/run_and_exit.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/runtime/detail/os/fault_point.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <iterator>
#include <list>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <variant>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

struct child {
    pid_t pid;
    std::uint32_t slot;
    bool keeps_number;     // while its session lives: who has that knows it by its number
    owned_descriptor end;  // its pidfd
};

struct news {
    server_packet what;
    owned_descriptor pidfd;
};

struct session {
    owned_descriptor socket;
    std::list<child> children;
    std::list<child> zombies;  // ended children that keep their numbers
    std::deque<news> unread;   // what its socket has no room for
    bool over = false;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// A request that is too large for a packet comes as a file, before the child's descriptors.
std::vector<std::byte> read_request(std::size_t size, std::vector<owned_descriptor>& descriptors) {
    std::vector<std::byte> bytes(size);
    for (std::size_t read = 0; read < bytes.size();) {
        const auto some = ::pread(descriptors.at(0).get(), bytes.data() + read, bytes.size() - read,
                                  static_cast<off_t>(read));
        if (some < 0 && errno == EINTR) continue;
        if (some <= 0) throw protocol_error("bobbin: a request is shorter than it says");
        read += static_cast<std::size_t>(some);
    }
    descriptors.erase(descriptors.begin());
    return bytes;
}

class server_loop {
public:
    explicit server_loop(int socket) : socket_(socket) {}

    // Children that were stopped before they could ask for a signal at our death would live on.
    ~server_loop() {
        for (session& each : sessions_) end(each);
    }
    server_loop(const server_loop&) = delete;
    server_loop& operator=(const server_loop&) = delete;

    // Until the application has gone.
    void run() {
        for (;;) {
            std::vector<pollfd> seen;
            bobbin::detail::until_there_is_memory([&] { seen = await_events(); });
            auto event = seen.begin();
            const bool is_called = (event++)->revents != 0;
            for (session& each : sessions_) {
                const bool is_asked = (event++)->revents != 0;
                const auto of_children = event;
                event += static_cast<std::ptrdiff_t>(each.children.size());
                reap(each, of_children);
                if (is_asked) serve(each);
            }
            sessions_.remove_if(
                [](const session& each) { return each.over && each.children.empty(); });
            if (is_called && !accept()) return;
        }
    }

private:
    using events = std::vector<pollfd>::const_iterator;

    // The events, in the order of `sessions_`: of each session, then of its children. There may be
    // none.
    std::vector<pollfd> await_events() const {
        std::vector<pollfd> all{watched(socket_)};
        for (const session& each : sessions_) {
            // A session that does not read what it is told is not asked for more requests.
            all.push_back(watched(each.socket.get(), each.unread.empty() ? POLLIN : POLLOUT));
            for (const child& own : each.children) all.push_back(watched(own.end.get()));
        }
        // Without memory, or with a limit of descriptors below their number: both may pass.
        while (poll_until(all, deadline::never) < 0) bobbin::detail::await_memory();
        return all;
    }

    bool accept() {
        try {
            std::byte mark{};
            auto got = receive_packet(socket_, std::span(&mark, 1));
            if (got.gone) return false;
            for (auto& each : got.descriptors) {
                sessions_.emplace_back();
                sessions_.back().socket = std::move(each);
                serve(sessions_.back());
            }
        } catch (const std::bad_alloc&) {
            // What was not read is there with the next look; of what was, the other end sees that
            // it is closed.
        }
        return true;
    }

    static void reap(session& of, events event) noexcept {
        for (auto next = of.children.begin(); next != of.children.end();) {
            const auto own = next++;
            if ((event++)->revents == 0) continue;
            siginfo_t info{};
            const int how = WEXITED | WNOHANG | (own->keeps_number ? WNOWAIT : 0);
            if (::waitid(P_PIDFD, static_cast<id_t>(own->end.get()), &info, how) != 0 ||
                info.si_pid == 0)
                continue;
            const std::uint32_t slot = own->slot;
            own->end = owned_descriptor();
            // The child is taken out first: it is gone, whether or not anybody can be told.
            if (own->keeps_number)
                of.zombies.splice(of.zombies.end(), of.children, own);
            else
                of.children.erase(own);
            tell_of_end(of, slot, info);
        }
    }

    static void tell_of_end(session& of, std::uint32_t slot, const siginfo_t& info) noexcept {
        const bool exited = info.si_code == CLD_EXITED;
        try {
            tell(of, {.what = {.what = server_news::ended,
                               .slot = slot,
                               .pid = info.si_pid,
                               .code = exited ? info.si_status : 0,
                               .signal = exited ? 0 : info.si_status},
                      .pidfd = {}});
        } catch (const std::bad_alloc& error) {
            give_up(of, error);
        }
    }

    void serve(session& each) {
        send_news(each);
        while (!each.over && each.unread.empty()) {
            try {
                const std::span room(room_.get(), room_bytes);
                auto got = receive(each.socket.get(), room);
                if (got.none) return;
                if (got.gone) return end(each);
                answer(each, room.first(got.size), got);
            } catch (const std::exception& error) {
                give_up(each, error);
            }
        }
    }

    static received_packet receive(int socket, std::span<std::byte> room) {
        try {
            return receive_packet(socket, room);
        } catch (const std::bad_alloc&) {
            return {.none = true, .descriptors = {}};  // it is still there
        }
    }

    static void answer(session& of, std::span<const std::byte> request, received_packet& got) {
        std::vector<std::byte> large;
        if (request.size() == sizeof(large_request)) {
            large_request about;
            std::memcpy(&about, request.data(), sizeof about);
            // The request's file may be among the descriptors that are missing.
            if (got.lacks_descriptors)
                return tell_of_failure(of, static_cast<std::uint32_t>(about.slot), EMFILE);
            large = read_request(about.size, got.descriptors);
            request = large;
        }
        const auto wanted = decode<child_request>(request);
        if (got.lacks_descriptors) return tell_of_failure(of, slot_of(wanted), EMFILE);
        start(of, wanted, std::move(got.descriptors));
    }

    static void tell_of_failure(session& of, std::uint32_t slot, int reason) {
        tell(of, {{.what = server_news::failed, .slot = slot, .number = reason}, {}});
    }

    static void start(session& of, const child_request& wanted,
                      std::vector<owned_descriptor> descriptors) {
        const std::uint32_t slot = slot_of(wanted);
        const bool keeps_number = std::holds_alternative<process_request>(wanted);
        std::list<child> started(1);  // before there is one that could be in no list
        const pid_t server = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) run_child(wanted, server, std::move(descriptors));
        bobbin::detail::fault_point("server.forked");
        // It is not reaped yet, so the number is its own.
        owned_descriptor end(pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        owned_descriptor given(end ? ::fcntl(end.get(), F_DUPFD_CLOEXEC, 0) : -1);
        if (!given) {
            const int reason = errno;
            if (pid > 0) ::kill(pid, SIGKILL), await_end_of(pid);
            return tell_of_failure(of, slot, reason);
        }
        started.front() = {pid, slot, keeps_number, std::move(end)};
        of.children.splice(of.children.end(), started);
        tell(of, {{.what = server_news::started, .slot = slot, .pid = pid}, std::move(given)});
    }

    // Tells in order, and without waiting: a session that doesn't read would hold up all others.
    static void tell(session& to, news what) {
        if (to.over) return;
        to.unread.push_back(std::move(what));
        send_news(to);
    }

    static void send_news(session& to) noexcept {
        try {
            while (!to.unread.empty()) {
                const news& first = to.unread.front();
                const int pidfd = first.pidfd.get();
                if (send_packet(to.socket.get(), bytes_of(first.what),
                                std::span(&pidfd, first.pidfd ? 1 : 0)) == sending::would_block)
                    return;
                to.unread.pop_front();
            }
        } catch (const std::bad_alloc&) {
            // It is tried again with the next events: the socket has room, so they come at once.
        } catch (const std::exception& error) {
            give_up(to, error);
        }
    }

    static void give_up(session& on, const std::exception& error) noexcept {
        std::fprintf(stderr, "bobbin: fork server: %s\n", error.what());
        end(on);
    }

    // Its children are killed, and reaped when they have died.
    static void end(session& each) noexcept {
        each.over = true;
        each.socket = owned_descriptor();
        each.unread.clear();
        for (child& own : each.children) {
            own.keeps_number = false;
            ::kill(own.pid, SIGKILL);
        }
        for (const child& zombie : each.zombies) await_end_of(zombie.pid);
        each.zombies.clear();
    }

    static constexpr std::size_t room_bytes = 1U << 16U;
    const int socket_;
    std::list<session> sessions_;
    // For a request. Not on the stack, which may be small; and most of it is never touched, or each
    // child would copy it.
    const std::unique_ptr<std::byte[]> room_ =
        std::make_unique_for_overwrite<std::byte[]>(room_bytes);
};

}  // namespace

void serve(int socket) noexcept {
    // Not with the terminal's foreground: Ctrl-C is for the application to decide on.
    // It fails for the leader of a session (setsid), which has a group of its own already.
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "bobbin-server");
    bobbin::detail::fault_point("server.start");
    take_default_signals(true);  // and its children's
    flush_output();              // of static initialisers: or each child would do it
    // A descriptor that is received must not take the number of a standard one.
    int nothing = -1;
    do nothing = ::open("/dev/null", O_RDWR);
    while (nothing >= 0 && nothing <= STDERR_FILENO);
    // A copy has the application's input, which is for none of its children to read.
    if (nothing < 0 || uninterrupted([&] { return ::dup2(nothing, STDIN_FILENO); }) < 0) {
        std::fprintf(stderr, "bobbin: fork server: it has no /dev/null to read: %s\n",
                     std::strerror(errno));
        ::_exit(1);
    }
    std::vector<owned_descriptor> kept;
    kept.emplace_back(socket);
    close_others(kept);
    const server_packet ready{.what = server_news::ready};
    try {
        send_first_word(socket, bytes_of(ready));
        server_loop(socket).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bobbin: fork server: %s\n", error.what());
    }
    ::_exit(0);
}

}}}  // namespace bobbin::v0::ipc::detail
