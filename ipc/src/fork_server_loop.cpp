#include "control_socket.hpp"
#include "default_signals.hpp"
#include "fork_server.hpp"
#include "last_words.hpp"
#include "process_start.hpp"
#include "program.hpp"
#include "run_and_exit.hpp"
#include "standard_output.hpp"
#include "uninterrupted.hpp"
#include "worker.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/runtime/detail/fault_point.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <iterator>
#include <list>
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

namespace bobbin::inline v0::ipc::detail {
namespace {

struct child {
    pid_t pid;
    std::uint32_t seat;
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
    std::vector<pid_t> zombies;  // ended children that keep their numbers
    std::deque<news> unread;     // what its socket has no room for
    bool over = false;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// Where the kernel, or a filter, has no close_range: one by one.
void close_between(unsigned below, unsigned above) noexcept {
    if (::close_range(below + 1, above - 1, 0) == 0) return;
    const auto most = static_cast<unsigned>(::sysconf(_SC_OPEN_MAX));
    for (unsigned each = below + 1; each < std::min(above, most); ++each)
        ::close(static_cast<int>(each));
}

// All but the standard ones and these.
void close_others(const std::vector<owned_descriptor>& kept) noexcept {
    std::vector<unsigned> open{2};
    for (const auto& each : kept) open.push_back(static_cast<unsigned>(each.get()));
    std::sort(open.begin(), open.end());
    open.push_back(~0U);
    for (std::size_t i = 0; i + 1 < open.size(); ++i)
        if (open[i] + 1 < open[i + 1]) close_between(open[i], open[i + 1]);
}

[[noreturn]] void execute_worker(const worker_request& wanted,
                                 const std::vector<owned_descriptor>& descriptors) noexcept {
    // First out of the way of each other, then to their places.
    std::vector<owned_descriptor> above;
    const int first_free = first_inherited + static_cast<int>(descriptors.size());
    for (const auto& each : descriptors)
        above.emplace_back(::fcntl(each.get(), F_DUPFD_CLOEXEC, first_free));
    bool has_all = true;
    for (std::size_t i = 0; i < above.size(); ++i)
        has_all = ::dup2(above[i].get(), first_inherited + static_cast<int>(i)) >= 0 && has_all;
    // Without them it would be the user's program once more.
    if (!has_all) end_worker("it can't hand on its descriptors (ulimit -n)");
    for (const std::string& each : preload_variables()) ::putenv(::strdup(each.c_str()));
    const std::string path = path_of_program();
    const std::string seat = std::to_string(wanted.seat);
    const std::string depth = std::to_string(wanted.depth);
    ::execl(path.c_str(), path.c_str(), worker_token, seat.c_str(), depth.c_str(), nullptr);
    constexpr auto control = static_cast<int>(worker_descriptor::control);
    tell_last_words(first_inherited + control, errno,
                    path + " can't be executed with the environment that it is given");
    ::_exit(127);
}

// What it is about, and errno.
[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void prepare_worker(const worker_request& wanted, std::vector<owned_descriptor>& descriptors) {
    constexpr auto out = static_cast<std::size_t>(worker_descriptor::output);
    constexpr auto error = static_cast<std::size_t>(worker_descriptor::error);
    take_standard_output(descriptors.at(out), descriptors.at(error));
    descriptors.resize(descriptors_of_a_worker);
    for (const std::string& each : wanted.environment) {
        char* const kept = ::strdup(each.c_str());
        if (kept == nullptr || ::putenv(kept) != 0) fail("its environment");
    }
    if (!wanted.working_directory.empty() && ::chdir(wanted.working_directory.c_str()) != 0)
        fail("its working_directory '" + wanted.working_directory + "'");
}

[[noreturn]] void run_child(const worker_request& wanted,
                            std::vector<owned_descriptor> descriptors) noexcept {
    bobbin::detail::fault_point("worker.start");
    const int control = descriptors.at(static_cast<std::size_t>(worker_descriptor::control)).get();
    try {
        prepare_worker(wanted, descriptors);
    } catch (const std::system_error& error) {
        std::string what = error.what();  // and ": " and what the number means
        what.resize(what.size() - std::min(what.size(), 2 + error.code().message().size()));
        tell_last_words(control, error.code().value(), what);
        ::_exit(1);
    } catch (const std::exception&) {
        tell_last_words(control, ENOMEM, "what it needs");
        ::_exit(1);
    }
    if (wanted.executes) execute_worker(wanted, descriptors);
    about_this_program().depth = wanted.depth;
    run_worker(wanted.seat, wanted.depth, std::move(descriptors));
}

[[noreturn]] void run_child(const process_request& wanted,
                            std::vector<owned_descriptor> descriptors) noexcept {
    about_this_program().depth = wanted.depth;
    run_process(wanted, std::move(descriptors));
}

[[noreturn]] void run_child(const child_request& wanted, pid_t server,
                            std::vector<owned_descriptor> descriptors) noexcept {
    bobbin::detail::fault_point("child.forked");
    // If the server has died already, no signal will come.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != server) ::_exit(1);
    close_others(descriptors);
    if (const auto* const call = std::get_if<process_request>(&wanted))
        run_child(*call, std::move(descriptors));
    run_child(std::get<worker_request>(wanted), std::move(descriptors));
}

// One that no packet has room for. It comes as a file, before the child's descriptors.
std::vector<std::byte> read_request(std::span<const std::byte> packet,
                                    std::vector<owned_descriptor>& descriptors) {
    large_request about;
    std::memcpy(&about, packet.data(), sizeof about);
    std::vector<std::byte> bytes(about.size);
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

    // Those that were stopped before they asked for a signal at our death would live on.
    ~server_loop() {
        for (session& each : sessions_) end(each);
    }
    server_loop(const server_loop&) = delete;
    server_loop& operator=(const server_loop&) = delete;

    // Until the application has gone.
    void run() {
        for (;;) {
            const std::vector<pollfd> seen = await_events();
            auto event = seen.begin();
            const bool is_called = (event++)->revents != 0;
            for (session& each : sessions_) {
                const bool is_asked = (event++)->revents != 0;
                reap(each, event);
                if (is_asked) serve(each);
            }
            sessions_.remove_if(
                [](const session& each) { return each.over && each.children.empty(); });
            if (is_called && !accept()) return;
        }
    }

private:
    using events = std::vector<pollfd>::const_iterator;

    static pollfd watched(int descriptor, short events = POLLIN) noexcept {
        return {.fd = descriptor, .events = events, .revents = 0};
    }

    // In the order of `sessions_`: each, then its children. They may come for nothing.
    std::vector<pollfd> await_events() const {
        std::vector<pollfd> all{watched(socket_)};
        for (const session& each : sessions_) {
            // Who doesn't read is not asked for more.
            all.push_back(watched(each.socket.get(), each.unread.empty() ? POLLIN : POLLOUT));
            for (const child& own : each.children) all.push_back(watched(own.end.get()));
        }
        // Want of memory passes.
        while (poll_until(all, deadline::never) < 0) {
        }
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
                tell(sessions_.back(), {.what = {.what = server_news::serves}, .pidfd = {}});
                serve(sessions_.back());
            }
        } catch (const std::bad_alloc&) {
            // What was not read is there with the next look; of what was, the other end sees that
            // it is closed.
        }
        return true;
    }

    static void reap(session& each, events& event) {
        for (auto own = each.children.begin(); own != each.children.end();) {
            const bool may_have_ended = (event++)->revents != 0;
            own =
                may_have_ended && has_ended(each, *own) ? each.children.erase(own) : std::next(own);
        }
    }

    static bool has_ended(session& of, const child& own) {
        siginfo_t info{};
        const int how = WEXITED | WNOHANG | (own.keeps_number ? WNOWAIT : 0);
        if (::waitid(P_PIDFD, static_cast<id_t>(own.end.get()), &info, how) != 0 ||
            info.si_pid == 0)
            return false;
        if (own.keeps_number) of.zombies.push_back(own.pid);
        const bool exited = info.si_code == CLD_EXITED;
        tell(of, {.what = {.what = server_news::ended,
                           .seat = own.seat,
                           .pid = own.pid,
                           .code = exited ? info.si_status : 0,
                           .signal = exited ? 0 : info.si_status},
                  .pidfd = {}});
        return true;
    }

    static void serve(session& each) {
        send_news(each);
        std::vector<std::byte> room(1U << 16U);  // the stack may be small
        while (!each.over && each.unread.empty()) {
            try {
                auto got = receive_packet(each.socket.get(), room);
                if (got.none) return;
                if (got.gone) return end(each);
                std::span<const std::byte> request = std::span(room).first(got.size);
                std::vector<std::byte> large;
                if (got.size == sizeof(large_request)) {
                    large = read_request(request, got.descriptors);
                    request = large;
                }
                const auto wanted = decode<child_request>(request);
                if (got.lacks_descriptors)
                    tell_of_failure(each, wanted, EMFILE);
                else
                    start(each, wanted, std::move(got.descriptors));
            } catch (const std::bad_alloc&) {
                return;  // it is still there
            } catch (const std::exception& error) {
                give_up(each, error);
            }
        }
    }

    static std::uint32_t seat_of(const child_request& wanted) noexcept {
        const auto* const worker = std::get_if<worker_request>(&wanted);
        return worker != nullptr ? worker->seat : 0;
    }

    static void tell_of_failure(session& of, const child_request& wanted, int reason) {
        tell(of, {{.what = server_news::failed, .seat = seat_of(wanted), .number = reason}, {}});
    }

    static void start(session& of, const child_request& wanted,
                      std::vector<owned_descriptor> descriptors) {
        const pid_t server = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) run_child(wanted, server, std::move(descriptors));
        // It is not reaped yet, so the number is its own.
        owned_descriptor end(pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        owned_descriptor given(end ? ::fcntl(end.get(), F_DUPFD_CLOEXEC, 0) : -1);
        if (!given) {
            const int reason = errno;
            if (pid > 0) ::kill(pid, SIGKILL), await_end_of(pid);
            return tell_of_failure(of, wanted, reason);
        }
        const std::uint32_t seat = seat_of(wanted);
        const bool keeps_number = std::holds_alternative<process_request>(wanted);
        of.children.push_back({pid, seat, keeps_number, std::move(end)});
        tell(of, {{.what = server_news::started, .seat = seat, .pid = pid}, std::move(given)});
    }

    // In order, and without waiting: one that doesn't read would hold up all others.
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
            // It is tried again as soon as there is room, which there is.
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
        for (const pid_t zombie : each.zombies) await_end_of(zombie);
        each.zombies.clear();
    }

    const int socket_;
    std::list<session> sessions_;
};

}  // namespace

void serve(int socket) noexcept {
    // Not with the terminal's foreground: Ctrl-C is for the application to decide on.
    // It fails for the first of a session, which is as good.
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "bobbin-server");
    bobbin::detail::fault_point("server.start");
    take_default_signals(true);  // and its children's
    flush_output();              // of static initialisers: or each child would do it
    // What is received must not take the place of a standard one.
    int nothing = -1;
    do nothing = ::open("/dev/null", O_RDWR);
    while (nothing >= 0 && nothing <= STDERR_FILENO);
    // A copy has the application's input.
    if (nothing > 0) ::dup2(nothing, STDIN_FILENO);
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

}  // namespace bobbin::inline v0::ipc::detail
