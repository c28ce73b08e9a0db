// See failing_calls.hpp.
#include "failing_calls.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

// Of the C library, by the linker's rule that the program's own come first.

namespace {

enum class role : std::uint8_t { any, application, server, child };

// No allocation, no lock: it is looked at in any place, also between fork and exec.
struct wish {
    std::string_view name;
    int error = 0;
    unsigned n = 0;  // 0: none
    bool also_later = false;
    role who = role::any;
    const char* marker = nullptr;  // made by the one process that does it
};

constinit wish wanted;
constinit std::atomic<unsigned> calls{0};
constinit std::atomic<bool> has_failed{false};
constinit pid_t counted_by = 0;
constinit pid_t loaded_by = 0;
constinit bool is_server_program = false;
constinit bool is_worker_program = false;

role own_role() noexcept {
    const bool is_copy = ::getpid() != loaded_by;
    if (is_worker_program || is_copy) return role::child;
    return is_server_program ? role::server : role::application;
}

std::string_view take_word(std::string_view& text) {
    const auto end = text.find(':');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

template <class Number>
void read_number(std::string_view text, Number& to) {
    std::from_chars(text.data(), text.data() + text.size(), to);
}

// Before any call that could be meant.
[[gnu::constructor(101)]] void read_environment(int argc, char** argv, char** /*environment*/) {
    loaded_by = counted_by = ::getpid();
    const std::string_view first = argc > 1 ? argv[1] : "";
    is_server_program = first == "--bobbin-fork-server";
    is_worker_program = first == "--bobbin-worker";
    const char* const text = std::getenv("FAILING_CALL");
    if (text == nullptr) return;
    std::string_view rest = text;
    const std::string_view who = take_word(rest);
    wanted.who = who == "application" ? role::application
                 : who == "server"    ? role::server
                                      : role::child;
    wanted.name = take_word(rest);
    read_number(take_word(rest), wanted.error);
    read_number(take_word(rest), wanted.n);
    wanted.marker = rest.data();  // to the end of the text
}

// Of all processes.
bool is_first() noexcept {
    if (wanted.marker == nullptr) return true;
    const long file = ::syscall(SYS_open, wanted.marker, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) ::syscall(SYS_close, file);
    return file >= 0;
}

bool fails(std::string_view name) noexcept {
    if (wanted.n == 0 || name != wanted.name) return false;
    if (wanted.who != role::any && wanted.who != own_role()) return false;
    if (const pid_t own = ::getpid(); counted_by != own) {
        counted_by = own;
        calls = 0;  // each process has its own
    }
    const unsigned count = ++calls;
    if (count < wanted.n || (count > wanted.n && !wanted.also_later)) return false;
    if (!is_first()) return false;
    has_failed = true;
    errno = wanted.error;
    return true;
}

// With an option.
bool fails(const char* name, long option) noexcept {
    if (wanted.n == 0) return false;
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s.%ld", name, option);
    return fails(std::string_view(text.data(), static_cast<std::size_t>(size)));
}

template <class F>
F* following(const char* name) noexcept {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

namespace test {

void fail_call(const char* name, int error, unsigned n, bool also_later) {
    wanted = {};
    calls = 0;
    has_failed = false;
    if (name != nullptr) wanted = {.name = name, .error = error, .n = n, .also_later = also_later};
}

bool call_failed() {
    return has_failed;
}

}  // namespace test

// A call that returns -1, and one that returns the error.
#define FAILING_CALL(type, name, parameters, arguments)              \
    extern "C" type name parameters {                                \
        static auto* const own = following<decltype(::name)>(#name); \
        if (fails(#name)) return static_cast<type>(-1);              \
        return own arguments;                                        \
    }
#define FAILING_CALL_BY_RESULT(name, parameters, arguments)          \
    extern "C" int name parameters {                                 \
        static auto* const own = following<decltype(::name)>(#name); \
        if (fails(#name)) return wanted.error;                       \
        return own arguments;                                        \
    }

FAILING_CALL(ssize_t, recvmsg, (int s, msghdr* m, int f), (s, m, f))
FAILING_CALL(ssize_t, sendmsg, (int s, const msghdr* m, int f), (s, m, f))
FAILING_CALL(int, socketpair, (int d, int t, int p, int* s) noexcept, (d, t, p, s))
FAILING_CALL(int, memfd_create, (const char* n, unsigned f) noexcept, (n, f))
FAILING_CALL(int, eventfd, (unsigned n, int f) noexcept, (n, f))
FAILING_CALL(int, eventfd_write, (int d, eventfd_t v), (d, v))
FAILING_CALL(int, eventfd_read, (int d, eventfd_t* v), (d, v))
FAILING_CALL(int, pipe2, (int* e, int f) noexcept, (e, f))
FAILING_CALL(int, poll, (pollfd * p, nfds_t n, int t), (p, n, t))
FAILING_CALL(ssize_t, read, (int d, void* b, size_t n), (d, b, n))
FAILING_CALL(int, epoll_create1, (int f) noexcept, (f))
FAILING_CALL(int, timerfd_create, (int c, int f) noexcept, (c, f))
FAILING_CALL(int, waitid, (idtype_t t, id_t i, siginfo_t* s, int o), (t, i, s, o))
FAILING_CALL(pid_t, waitpid, (pid_t p, int* s, int o), (p, s, o))
FAILING_CALL(pid_t, fork, () noexcept, ())
FAILING_CALL(int, dup2, (int a, int b) noexcept, (a, b))
FAILING_CALL(int, fstat, (int d, struct stat* s) noexcept, (d, s))
FAILING_CALL(int, fchmod, (int d, mode_t m) noexcept, (d, m))
FAILING_CALL(int, close_range, (unsigned a, unsigned b, int f) noexcept, (a, b, f))
FAILING_CALL(ssize_t, readlink, (const char* p, char* b, size_t n) noexcept, (p, b, n))
FAILING_CALL_BY_RESULT(posix_fallocate, (int d, off_t o, off_t n), (d, o, n))
FAILING_CALL_BY_RESULT(posix_spawn,
                       (pid_t * p, const char* n, const posix_spawn_file_actions_t* f,
                        const posix_spawnattr_t* a, char* const v[], char* const e[]),
                       (p, n, f, a, v, e))
FAILING_CALL_BY_RESULT(pthread_create,
                       (pthread_t * t, const pthread_attr_t* a, void* (*f)(void*),
                        void* p) noexcept,
                       (t, a, f, p))

extern "C" void* mmap(void* at, size_t size, int protection, int flags, int file,
                      off_t offset) noexcept {
    static auto* const own = following<decltype(::mmap)>("mmap");
    if (fails("mmap")) return MAP_FAILED;
    return own(at, size, protection, flags, file, offset);
}

extern "C" int epoll_ctl(int epoll, int what, int file, epoll_event* event) noexcept {
    static auto* const own = following<decltype(::epoll_ctl)>("epoll_ctl");
    if (fails("epoll_ctl", what)) return -1;
    return own(epoll, what, file, event);
}

extern "C" int fcntl(int file, int what, ...) {
    static auto* const own = following<decltype(::fcntl)>("fcntl");
    std::va_list more;
    va_start(more, what);
    void* const argument = va_arg(more, void*);
    va_end(more);
    if (fails("fcntl", what)) return -1;
    return own(file, what, argument);
}

extern "C" int open(const char* path, int flags, ...) {
    static auto* const own = following<decltype(::open)>("open");
    std::va_list more;
    va_start(more, flags);
    const mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if (fails("open")) return -1;
    return own(path, flags, mode);
}

extern "C" int prctl(int what, ...) noexcept {
    static auto* const own = following<decltype(::prctl)>("prctl");
    std::array<unsigned long, 4> all{};
    std::va_list more;
    va_start(more, what);
    for (auto& each : all) each = va_arg(more, unsigned long);
    va_end(more);
    if (fails("prctl", what)) return -1;
    return own(what, all[0], all[1], all[2], all[3]);
}

extern "C" long syscall(long number, ...) noexcept {
    static auto* const own = following<decltype(::syscall)>("syscall");
    std::array<long, 6> all{};
    std::va_list more;
    va_start(more, number);
    for (auto& each : all) each = va_arg(more, long);
    va_end(more);
    // A futex's error depends on what is asked of it.
    constexpr long operations = FUTEX_CMD_MASK;
    if (number == SYS_futex ? fails("futex", all[1] & operations) : fails("syscall", number))
        return -1;
    return own(number, all[0], all[1], all[2], all[3], all[4], all[5]);
}
