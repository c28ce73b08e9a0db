// See fork_server.hpp.
#include "process/fork_server.hpp"

#include "os/anonymous_file.hpp"
#include "os/control_socket.hpp"
#include "os/fail.hpp"
#include "os/other_threads.hpp"
#include "os/uninterrupted.hpp"
#include "process/program.hpp"
#include "process/run_and_exit.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/segment.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// As functions of C have it, with a null pointer behind the last.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& each : texts) all.push_back(each.data());
    all.push_back(nullptr);
    return all;
}

// The functions of posix_spawn return their error.
void check_start(int error) {
    if (error != 0) fail(error, "the program could not be started again as a fork server");
}

// What the new program has from its start: descriptors, signals, a process group.
class spawn_terms {
public:
    spawn_terms() {
        check_start(::posix_spawn_file_actions_init(&files_));
        if (const int error = ::posix_spawnattr_init(&attributes_); error != 0) {
            ::posix_spawn_file_actions_destroy(&files_);
            check_start(error);
        }
    }
    ~spawn_terms() {
        ::posix_spawnattr_destroy(&attributes_);
        ::posix_spawn_file_actions_destroy(&files_);
    }
    spawn_terms(const spawn_terms&) = delete;
    spawn_terms& operator=(const spawn_terms&) = delete;

    // No input, the socket, no signal blocked or handled, a process group of its own.
    void set(int socket) {
        check_start(
            ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
        check_start(::posix_spawn_file_actions_adddup2(&files_, socket, first_inherited));
        sigset_t signals;
        ::sigemptyset(&signals);
        check_start(::posix_spawnattr_setsigmask(&attributes_, &signals));
        ::sigfillset(&signals);
        check_start(::posix_spawnattr_setsigdefault(&attributes_, &signals));
        check_start(::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
    }
    [[nodiscard]] pid_t start(const std::string& path, char* const* arguments,
                              char* const* environment) const {
        pid_t pid = -1;
        check_start(
            ::posix_spawn(&pid, path.c_str(), &files_, &attributes_, arguments, environment));
        return pid;
    }

private:
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;
};

// The server's end is at `first_inherited` in the new program.
pid_t execute(const std::string& path, int socket) {
    std::vector<std::string> words{path, server_token};
    std::vector<std::string> variables = starting_environment();
    const auto arguments = pointers_to(words);
    const auto environment = pointers_to(variables);
    spawn_terms terms;
    terms.set(socket);
    return terms.start(path, arguments.data(), environment.data());
}

std::string path_of_server() {
    const std::string& other = about_this_program().server;
    if (!other.empty()) return other;
    if (is_started_by_loader())
        throw std::logic_error(
            "bobbin: this program was started as an argument of its loader (ld.so), and what is "
            "started again for fork servers and workers would be that. Start the program by itself "
            "(patchelf --set-interpreter and --set-rpath make that possible elsewhere), or use "
            "start_method::fork");
    return path_of_program();
}

// Valgrind (3.19) does not know pidfd_open; the server, which runs without it, does.
owned_descriptor pidfd_by_first_word(int socket) {
    static_cast<void>(poll_until(socket, POLLIN, deadline::after(server_process::patience)));
    server_refusal word;
    auto got = peek_packet(socket, std::as_writable_bytes(std::span(&word, 1)));
    return got.descriptors.empty() ? owned_descriptor() : std::move(got.descriptors.front());
}

std::shared_ptr<server_process> start_server() {
    auto [ours, theirs] = control_socket_pair();
    const std::string path = path_of_server();
    const pid_t pid = execute(path, theirs.get());
    try {
        // It was not waited for, so the number is its own.
        owned_descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        const int error = errno;
        if (!pidfd && error == ENOSYS) {
            theirs = owned_descriptor();
            pidfd = pidfd_by_first_word(ours.get());
        }
        if (!pidfd) fail(error, "a descriptor for the fork server");
        return std::make_shared<server_process>(std::move(ours), std::move(pidfd), pid, path);
    } catch (...) {
        ::kill(pid, SIGKILL);
        await_end_of(pid);
        throw;
    }
}

struct shared_server {
    std::mutex mutex;
    std::shared_ptr<server_process> running;
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
// Nobody else has the lock in the child, nor is half way through a change.
[[maybe_unused]] const int kept_for_fork = ::pthread_atfork(
    [] { application.value.mutex.lock(); }, [] { application.value.mutex.unlock(); },
    [] {
        const std::lock_guard lock(application.value.mutex, std::adopt_lock);
        application.value.running.reset();
    });

// The server may still be starting.
std::shared_ptr<server_process> find_shared_server() {
    const std::lock_guard lock(application.value.mutex);
    auto& running = application.value.running;
    if (running == nullptr || running->has_ended()) running = start_server();
    return running;
}

// In the process between the application and the copy.
[[noreturn]] void hand_over(pid_t copy, int socket) noexcept {
    server_packet about{.what = server_news::started, .pid = copy};
    const int pidfd = copy < 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, copy, 0));
    if (pidfd < 0) {
        about = {.what = server_news::failed, .number = errno};
        if (copy > 0) ::kill(copy, SIGKILL);
    }
    try {
        static_cast<void>(send_packet(socket, std::as_bytes(std::span(&about, 1)),
                                      std::span(&pidfd, pidfd < 0 ? 0 : 1)));
    } catch (const std::exception&) {
        if (copy > 0) ::kill(copy, SIGKILL);
    }
    ::_exit(0);
}

// A copy of this process that serves one session, as long as it is open.
std::shared_ptr<server_process> start_copy() {
    if (threads_of_this_process() != 1)
        throw std::logic_error(
            "bobbin: start_method::fork in a process that has several threads (" +
            describe_other_threads() +
            "): a copy would have one of them, and the locks of all. Make the pool before any "
            "thread is started, or use start_method::fork_server");
    auto [ours, theirs] = control_socket_pair();
    auto [told, tells] = control_socket_pair();
    flush_output();  // or every worker would write it again
    const pid_t middle = ::fork();
    if (middle < 0) fail(errno, "fork");
    if (middle == 0) {
        // Twice, so that the application has no child that it did not start.
        const pid_t copy = ::fork();
        if (copy != 0) hand_over(copy, tells.get());
        ours = owned_descriptor();
        serve(theirs.release());
    }
    await_end_of(middle);
    server_packet about;
    auto got = receive_packet(told.get(), std::as_writable_bytes(std::span(&about, 1)));
    if (got.none || got.gone)
        throw std::runtime_error("bobbin: a fork server could not be started");
    if (got.descriptors.empty()) fail(about.number, "fork");
    return std::make_shared<server_process>(std::move(ours), std::move(got.descriptors.front()),
                                            about.pid, path_of_program());
}

}  // namespace

fork_session::fork_session(start_method how, std::shared_ptr<server_process> server)
    : how_(how), server_(std::move(server)) {
    auto [ours, theirs] = control_socket_pair();
    server_->give(theirs.get());  // first: it wakes up meanwhile
    socket_ = std::move(ours);
    either_ = owned_descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!either_) fail(errno, "epoll_create1");
    for (const int each : {socket_.get(), server_->pidfd()}) {
        epoll_event readable{.events = EPOLLIN, .data = {}};
        if (::epoll_ctl(either_.get(), EPOLL_CTL_ADD, each, &readable) != 0)
            fail(errno, "epoll_ctl");
    }
}

fork_session fork_session::begin(start_method how) {
    constexpr std::uint32_t deepest = 10;
    refuse_to_start_more();
    const auto& program = about_this_program();
    if (!program.initialised)
        throw std::logic_error(
            "bobbin: child processes need bobbin::ipc::init(argc, argv) as the first line of main");
    if (program.depth >= deepest)
        throw std::logic_error(
            "bobbin: child processes of child processes, ten deep: is this meant?");
    if (::access("/proc/self/task", F_OK) != 0)
        throw std::runtime_error(
            "bobbin: child processes need /proc, which is not mounted here (mount -t proc proc "
            "/proc): this program is started again, and its threads are seen, by it");
    return {how, how == start_method::fork ? start_copy() : find_shared_server()};
}

void fork_session::await_server() {
    for (unsigned failures = 1;; ++failures) {
        server_->await_ready();
        if (!server_->has_ended()) return;
        recover_from(failures);
        *this = begin(how_);
    }
}

void fork_session::recover_from(unsigned failures) const {
    constexpr unsigned most = 7;
    const bool has_ended = server_->has_ended();
    if (has_ended && server_->how() == server_process::ending::refused)
        throw std::logic_error("bobbin: " + server_->describe_end());
    if (has_ended && (failures == most || server_->how() == server_process::ending::was_no_server))
        throw std::runtime_error("bobbin: " + server_->describe_end());
    if (failures == most) fail(EMFILE, "the fork server");
    std::this_thread::sleep_for(back_off(failures));
}

fork_session::~fork_session() {
    // Not only closed: a child of this process may have it, too.
    if (server_ != nullptr && server_->is_of_this_process()) ::shutdown(socket_.get(), SHUT_RDWR);
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
    const auto bytes = encode(wanted);
    if (bytes.size() <= most_in_packet) return send_request(bytes, descriptors);
    const segment file = segment::adopt(create_anonymous_file(bytes.size()).release());
    std::memcpy(file.data(), bytes.data(), bytes.size());
    const large_request about{.size = bytes.size(), .slot = slot_of(wanted)};
    std::vector<int> all{file.descriptor()};
    all.insert(all.end(), descriptors.begin(), descriptors.end());
    return send_request(std::as_bytes(std::span(&about, 1)), all);
}
bool fork_session::send_request(std::span<const std::byte> bytes,
                                std::span<const int> descriptors) {
    const sending how = send_packet(socket_.get(), bytes, descriptors);
    if (how == sending::done) has_requested_ = true;
    return how != sending::would_block;
}

void fork_session::wait() const noexcept {
    std::array either{watched(socket_.get(), POLLIN | POLLOUT), watched(server_->pidfd())};
    static_cast<void>(poll_until(either, deadline::never));
}

std::optional<fork_session::news> fork_session::next() {
    news all;
    const auto receive = [&] {
        return receive_packet(socket_.get(), std::as_writable_bytes(std::span(&all.what, 1)));
    };
    auto got = receive();
    if (got.none) {
        if (!server_->has_ended()) return std::nullopt;
        got = receive();  // it may have said something before that
    }
    all.server_gone = got.none || got.gone;
    left_unread_ = left_unread_ || got.left_unread;
    all.was_read = all.server_gone && has_requested_ && !left_unread_;
    if (!got.descriptors.empty()) all.pidfd = std::move(got.descriptors.front());
    return all;
}

std::optional<fork_session::news> next_news(fork_session& of) {
    try {
        return of.next();
    } catch (const std::bad_alloc&) {
        return std::nullopt;
    } catch (const std::system_error&) {
        return fork_session::news{.what = {}, .pidfd = {}, .server_gone = true};
    }
}

fork_session::news fork_session::await_next() {
    server_->await_ready();
    for (;;) {
        if (auto got = next()) return std::move(*got);
        static_cast<void>(poll_until(descriptor(), POLLIN, deadline::never));
    }
}

}}}  // namespace bobbin::v0::ipc::detail
