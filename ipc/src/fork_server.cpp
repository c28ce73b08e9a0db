#include "fork_server.hpp"

#include "control_socket.hpp"
#include "other_threads.hpp"
#include "program.hpp"
#include "run_and_exit.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

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

// As functions of C have it, with a null pointer behind the last.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& each : texts) all.push_back(each.data());
    all.push_back(nullptr);
    return all;
}

// The server's end is at `first_inherited` in the new program.
pid_t execute(const std::string& path, int socket) {
    std::vector<std::string> words{path, server_token};
    std::vector<std::string> variables = starting_environment();
    const auto arguments = pointers_to(words);
    const auto environment = pointers_to(variables);
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
    const int error = ::posix_spawn(&pid, path.c_str(), &files, &attributes, arguments.data(),
                                    environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) fail(error, "bobbin: the program could not be started again as a fork server");
    return pid;
}

std::string path_of_server() {
    const std::string& other = about_this_program().server;
    return other.empty() ? path_of_program() : other;
}

// Its first word, or why it is no server.
void await_ready(server& started) {
    constexpr int patience_ms = 30'000;
    pollfd word{.fd = started.socket.get(), .events = POLLIN, .revents = 0};
    server_refusal first;
    static_cast<void>(::poll(&word, 1, patience_ms));
    const auto got =
        receive_packet(started.socket.get(), std::as_writable_bytes(std::span(&first, 1)));
    const bool answers = !got.none && !got.gone;
    if (answers && first.head.what == server_news::ready) return;
    if (started.pid > 0) ::kill(started.pid, SIGKILL);
    forget(started);
    if (answers && first.head.what == server_news::refuses)
        throw std::logic_error(
            "bobbin: no fork server: " + path_of_server() + ", started as one, says that " +
            std::string(first.text.data(),
                        std::min<std::size_t>(first.text_size, first.text.size())));
    throw std::runtime_error(
        "bobbin: this program was started again as a fork server and did not become one: "
        "bobbin::ipc::init(argc, argv) has to be the first line of main, before anything that may "
        "end the program, or bobbin::ipc::init() be called before main");
}

server start_server() {
    auto [ours, theirs] = control_socket_pair();
    server started{.socket = std::move(ours)};
    started.pid = execute(path_of_server(), theirs.get());
    theirs = owned_descriptor();
    await_ready(started);
    return started;
}

struct shared_server {
    std::mutex mutex;
    server running;
};
// The application's. A child that it forks has none. Static objects may have pools, so it is there
// before them, and is not destroyed.
union not_destroyed {
    constexpr not_destroyed() : value{} {}
    not_destroyed(const not_destroyed&) = delete;
    not_destroyed& operator=(const not_destroyed&) = delete;
    ~not_destroyed() {}  // NOLINT: of the union, which does nothing
    shared_server value;
};
constinit not_destroyed application;
[[maybe_unused]] const int forgets_at_fork = ::pthread_atfork(nullptr, nullptr, [] {
    ::close(application.value.running.socket.get());
    std::construct_at(&application.value);  // not destroyed: its lock may have been taken
});

sending give(server& to, int session) {
    const std::byte mark{1};
    return send_packet_blocking(to.socket.get(), std::span(&mark, 1), std::span(&session, 1));
}

void open_with_shared_server(int session) {
    const std::lock_guard lock(application.value.mutex);
    server& running = application.value.running;
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
            "bobbin: start_method::fork in a process that has several threads (" +
            describe_other_threads() +
            "): a copy would have one of them, and the locks of all. Make the pool before any "
            "thread is started, or use start_method::fork_server");
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

fork_session::fork_session(start_method how) : how_(how) {
    constexpr std::uint32_t deepest = 10;
    refuse_to_start_more();
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
