#include "fork_server.hpp"

#include "control_socket.hpp"
#include "run_and_exit.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace bobbin::inline v0::ipc::detail {
namespace {

[[noreturn]] void fail(int error, const char* what) {
    throw std::system_error(error, std::generic_category(), what);
}

struct server {
    owned_descriptor socket;
    pid_t pid = -1;
};

void forget(server& gone) noexcept {
    gone.socket = owned_descriptor();
    if (gone.pid > 0) ::waitpid(gone.pid, nullptr, 0);
    gone.pid = -1;
}

// The server's end is at `first_inherited` in the new program.
pid_t execute(const std::string& path, int socket) {
    const std::string name = path;
    std::array<char*, 3> arguments = {const_cast<char*>(name.c_str()),
                                      const_cast<char*>(server_token), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, socket, first_inherited);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, path.c_str(), &files, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) fail(error, "bobbin: the program could not be started again as a fork server");
    return pid;
}

// Its first word, or why it is no server.
void await_ready(server& started) {
    constexpr int patience_ms = 30'000;
    pollfd word{.fd = started.socket.get(), .events = POLLIN, .revents = 0};
    server_packet first;
    static_cast<void>(::poll(&word, 1, patience_ms));
    const auto got =
        receive_packet(started.socket.get(), std::as_writable_bytes(std::span(&first, 1)));
    if (!got.none && !got.gone && first.what == server_news::ready) return;
    if (started.pid > 0) ::kill(started.pid, SIGKILL);
    forget(started);
    if (!got.none && !got.gone && first.what == server_news::refuses)
        throw std::logic_error(
            "bobbin: the fork server, which is this program started again, has " +
            std::to_string(first.number) +
            " threads before main: a static object starts one. Start it in main, after "
            "bobbin::ipc::init");
    throw std::runtime_error(
        "bobbin: this program was started again as a fork server and did not become one: "
        "bobbin::ipc::init(argc, argv) has to be the first line of main, before anything that may "
        "end the program");
}

server start_server() {
    auto [ours, theirs] = control_socket_pair();
    const auto& program = about_this_program();
    server started{.socket = std::move(ours)};
    started.pid =
        execute(program.server.empty() ? path_of_program() : program.server, theirs.get());
    theirs = owned_descriptor();
    await_ready(started);
    return started;
}

// The application's. A child that it forks has none.
struct shared_server {
    std::mutex mutex;
    server running;
};
shared_server* application = new shared_server;
[[maybe_unused]] const int forgets_at_fork = ::pthread_atfork(nullptr, nullptr, [] {
    ::close(application->running.socket.get());
    std::construct_at(application);  // not destroyed: its lock may have been taken
});

sending give(server& to, int session) {
    const std::byte mark{1};
    return send_packet_blocking(to.socket.get(), std::span(&mark, 1), std::span(&session, 1));
}

void open_with_shared_server(int session) {
    const std::lock_guard lock(application->mutex);
    server& running = application->running;
    if (running.socket && give(running, session) == sending::done) return;
    forget(running);
    running = start_server();
    if (give(running, session) != sending::done)
        throw std::runtime_error("bobbin: the fork server ended as soon as it was started");
}

// A copy of this process that serves one session, as long as the socket that is returned is open.
owned_descriptor open_with_copy(owned_descriptor session) {
    if (threads_of_this_process() != 1)
        throw std::logic_error(
            "bobbin: start_method::fork in a process that has several threads: a copy would have "
            "one of them, and the locks of all. Make the pool before any thread is started, or use "
            "start_method::fork_server");
    auto [ours, theirs] = control_socket_pair();
    flush_output();  // or every worker would write it again
    const pid_t middle = ::fork();
    if (middle < 0) fail(errno, "bobbin: fork");
    if (middle == 0) {
        // Twice, so that the application has no child that it did not start.
        if (::fork() == 0) {
            ours = owned_descriptor();
            serve(theirs.release());
        }
        ::_exit(0);
    }
    ::waitpid(middle, nullptr, 0);
    server copy{.socket = std::move(ours)};
    theirs = owned_descriptor();
    await_ready(copy);
    if (give(copy, session.get()) != sending::done)
        throw std::runtime_error("bobbin: the fork server ended as soon as it was started");
    return std::move(copy.socket);
}

}  // namespace

this_program& about_this_program() noexcept {
    static this_program about;
    return about;
}

std::size_t threads_of_this_process() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/task"))
        ++count;
    return count;
}

std::string path_of_program() {
    const std::string self = "/proc/self/exe";
    std::string path(PATH_MAX, '\0');
    const auto size = ::readlink(self.c_str(), path.data(), path.size());
    if (size <= 0) return self;
    path.resize(static_cast<std::size_t>(size));
    struct stat named {};
    struct stat running {};
    // Opened, as valgrind gives the program's file to who opens it, and its own to who only asks.
    const owned_descriptor own(::open(self.c_str(), O_RDONLY | O_CLOEXEC));
    const bool same = own && ::stat(path.c_str(), &named) == 0 &&
                      ::fstat(own.get(), &running) == 0 && named.st_dev == running.st_dev &&
                      named.st_ino == running.st_ino;
    return same ? path : self;  // it was replaced or deleted since
}

fork_session::fork_session(start_method how) : how_(how) {
    constexpr std::uint32_t deepest = 10;
    const auto& program = about_this_program();
    if (!program.initialised)
        throw std::logic_error(
            "bobbin: child processes need bobbin::ipc::init(argc, argv) as the first line of main");
    if (program.depth >= deepest)
        throw std::logic_error(
            "bobbin: child processes of child processes, ten deep: is this meant?");
    auto [ours, theirs] = control_socket_pair();
    if (how == start_method::fork)
        own_server_ = open_with_copy(std::move(theirs));
    else
        open_with_shared_server(theirs.get());
    socket_ = std::move(ours);
}

bool fork_session::request(worker_request wanted, std::span<const int> descriptors) {
    wanted.executes = how_ == start_method::spawn;
    wanted.depth = about_this_program().depth + 1;
    return send(std::move(wanted), descriptors);
}
bool fork_session::request(process_request wanted, std::span<const int> descriptors) {
    wanted.depth = about_this_program().depth + 1;
    return send(std::move(wanted), descriptors);
}
bool fork_session::send(const child_request& wanted, std::span<const int> descriptors) {
    return send_packet(socket_.get(), encode(wanted), descriptors) != sending::would_block;
}

void fork_session::wait() const noexcept {
    pollfd either{.fd = socket_.get(), .events = POLLIN | POLLOUT, .revents = 0};
    ::poll(&either, 1, -1);
}

std::optional<fork_session::news> fork_session::next() {
    news all;
    auto got = receive_packet(socket_.get(), std::as_writable_bytes(std::span(&all.what, 1)));
    if (got.none) return std::nullopt;
    all.server_gone = got.gone;
    if (!got.descriptors.empty()) all.pidfd = std::move(got.descriptors.front());
    return all;
}

fork_session::news fork_session::await_next() {
    for (;;) {
        if (auto got = next()) return std::move(*got);
        pollfd readable{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, -1);
    }
}

}  // namespace bobbin::inline v0::ipc::detail
