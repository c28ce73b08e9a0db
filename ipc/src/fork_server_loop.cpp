#include "control_socket.hpp"
#include "default_signals.hpp"
#include "fork_server.hpp"
#include "worker.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/detail/fault_point.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <list>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bobbin::inline v0::ipc::detail {
namespace {

struct child {
    pid_t pid;
    std::uint32_t seat;
    owned_descriptor end;  // its pidfd
};

struct session {
    owned_descriptor socket;
    std::list<child> children;
    bool over = false;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// All but the standard ones and these.
void close_others(const std::vector<owned_descriptor>& kept) noexcept {
    std::vector<unsigned> open{2};
    for (const auto& each : kept) open.push_back(static_cast<unsigned>(each.get()));
    std::sort(open.begin(), open.end());
    open.push_back(~0U);
    for (std::size_t i = 0; i + 1 < open.size(); ++i)
        if (open[i] + 1 < open[i + 1]) ::close_range(open[i] + 1, open[i + 1] - 1, 0);
}

[[noreturn]] void execute_worker(const worker_request& wanted,
                                 const std::vector<owned_descriptor>& descriptors) noexcept {
    // First out of the way of each other, then to their places.
    std::vector<int> above;
    for (const auto& each : descriptors)
        above.push_back(::fcntl(each.get(), F_DUPFD, first_inherited + 64));
    for (std::size_t i = 0; i < above.size(); ++i) {
        ::dup2(above[i], first_inherited + static_cast<int>(i));
        ::close(above[i]);
    }
    const std::string path = path_of_program();
    const std::string seat = std::to_string(wanted.seat);
    const std::string depth = std::to_string(wanted.depth);
    ::execl(path.c_str(), path.c_str(), worker_token, seat.c_str(), depth.c_str(), nullptr);
    ::_exit(127);
}

[[noreturn]] void run_child(const worker_request& wanted, pid_t server,
                            std::vector<owned_descriptor> descriptors) noexcept {
    // If the server has died already, no signal will come.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != server) ::_exit(1);
    bobbin::detail::fault_point("worker.start");
    close_others(descriptors);  // signals are as the server has them: default
    for (const std::string& each : wanted.environment) ::putenv(::strdup(each.c_str()));
    if (!wanted.working_directory.empty() && ::chdir(wanted.working_directory.c_str()) != 0) {
        std::fprintf(stderr, "bobbin: worker: no such directory: %s\n",
                     wanted.working_directory.c_str());
        ::_exit(1);
    }
    if (wanted.executes) execute_worker(wanted, descriptors);
    about_this_program().depth = wanted.depth;
    run_worker(wanted.seat, wanted.depth, std::move(descriptors));
}

class server_loop {
public:
    explicit server_loop(int socket) : socket_(socket) {}

    // Until the application has gone.
    void run() {
        for (;;) {
            std::vector<pollfd> all{watched(socket_)};
            for (const session& each : sessions_) {
                all.push_back(watched(each.socket.get()));
                for (const child& own : each.children) all.push_back(watched(own.end.get()));
            }
            if (::poll(all.data(), all.size(), -1) < 0) continue;
            reap();
            for (session& each : sessions_) serve(each);
            sessions_.remove_if([](const session& each) { return each.over; });
            if (all.front().revents != 0 && !accept()) return;
        }
    }

private:
    static pollfd watched(int descriptor) noexcept {
        return {.fd = descriptor, .events = POLLIN, .revents = 0};
    }

    bool accept() {
        std::byte mark{};
        auto got = receive_packet(socket_, std::span(&mark, 1));
        if (got.gone) return false;
        for (auto& each : got.descriptors) {
            sessions_.emplace_back();
            sessions_.back().socket = std::move(each);
        }
        return true;
    }

    void reap() {
        for (session& each : sessions_)
            each.children.remove_if([&](const child& own) { return has_ended(each, own); });
    }

    static bool has_ended(const session& of, const child& own) {
        siginfo_t info{};
        if (::waitid(P_PIDFD, static_cast<id_t>(own.end.get()), &info, WEXITED | WNOHANG) != 0 ||
            info.si_pid == 0)
            return false;
        const bool exited = info.si_code == CLD_EXITED;
        // Its session reads this or is over: a full socket is worth waiting for.
        static_cast<void>(send_packet_blocking(
            of.socket.get(), bytes_of(server_packet{.what = server_news::ended,
                                                    .seat = own.seat,
                                                    .pid = own.pid,
                                                    .code = exited ? info.si_status : 0,
                                                    .signal = exited ? 0 : info.si_status})));
        return true;
    }

    static void serve(session& each) {
        for (;;) {
            std::array<std::byte, 1U << 16U> room;
            auto got = receive_packet(each.socket.get(), room);
            if (got.none) return;
            if (got.gone) return end(each);
            try {
                start(each, decode<worker_request>(std::span(room).first(got.size)),
                      std::move(got.descriptors));
            } catch (const std::exception& error) {
                std::fprintf(stderr, "bobbin: fork server: %s\n", error.what());
                return end(each);
            }
        }
    }

    static void start(session& of, const worker_request& wanted,
                      std::vector<owned_descriptor> descriptors) {
        const pid_t server = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) run_child(wanted, server, std::move(descriptors));
        // It is not reaped yet, so the number is its own.
        owned_descriptor end(pid < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        server_packet answer{.what = server_news::started, .seat = wanted.seat, .pid = pid};
        if (!end) {
            answer.what = server_news::failed;
            answer.number = errno;
            if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
            static_cast<void>(send_packet_blocking(of.socket.get(), bytes_of(answer)));
            return;
        }
        const int given = end.get();
        static_cast<void>(
            send_packet_blocking(of.socket.get(), bytes_of(answer), std::span(&given, 1)));
        of.children.push_back({pid, wanted.seat, std::move(end)});
    }

    static void end(session& each) {
        each.over = true;
        for (const child& own : each.children) ::kill(own.pid, SIGKILL);
        for (const child& own : each.children) ::waitpid(own.pid, nullptr, 0);
        each.children.clear();
    }

    const int socket_;
    std::list<session> sessions_;
};

}  // namespace

void serve(int socket) noexcept {
    // Not with the terminal's foreground: Ctrl-C is for the application to decide on.
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "bobbin-server");
    take_default_signals(true);
    // A copy has the application's input.
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing > 0)
        ::dup2(nothing, STDIN_FILENO);
    std::vector<owned_descriptor> kept;
    kept.emplace_back(socket);
    close_others(kept);
    const server_packet ready{.what = server_news::ready};
    static_cast<void>(send_packet_blocking(socket, bytes_of(ready)));
    try {
        server_loop(socket).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bobbin: fork server: %s\n", error.what());
    }
    ::_exit(0);
}

}  // namespace bobbin::inline v0::ipc::detail
