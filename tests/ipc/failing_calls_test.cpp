// Goal: whichever system call of an application, of its fork server, or of a worker fails, and with
// whatever error it may: what the program does succeeds or is told of it, and nothing hangs, dies
// or is left. Each call of failing_calls_program is met once: the first, the second, and so on
// until there is none. BOBBIN_EVERY_CALL is for all of them; else later ones are met by ever larger
// steps.
#include "pool_programs.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <linux/futex.h>
#include <string>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <vector>

using namespace test;

namespace {

struct call {
    std::string name;
    std::vector<int> errors;
};

std::string with(const char* name, long option) {
    return std::string(name) + '.' + std::to_string(option);
}

// What the kernel documents of each, where it isn't a mistake of the caller's. Asio
// ignores what epoll_ctl says, and a futex can't fail to wake.
const std::vector<call> calls{
    {"recvmsg", {ENOMEM, EINTR}},
    {"sendmsg", {ENOMEM, ENOBUFS, EINTR, ETOOMANYREFS}},
    {"socketpair", {EMFILE, ENOMEM}},
    {"memfd_create", {EMFILE, ENOMEM, ENOSYS}},
    {"posix_fallocate", {ENOSPC, EINTR}},
    {"mmap", {ENOMEM}},
    {"eventfd", {EMFILE}},
    {"eventfd_write", {EINTR}},
    {"eventfd_read", {EINTR}},
    {"pipe2", {EMFILE}},
    {"poll", {EINTR, ENOMEM}},
    {"epoll_create1", {EMFILE}},
    {"timerfd_create", {EMFILE}},
    {"fork", {EAGAIN, ENOMEM}},
    {"posix_spawn", {EAGAIN, ENOENT}},
    {"pthread_create", {EAGAIN}},
    {"waitid", {EINTR}},
    {"waitpid", {EINTR}},
    {"dup2", {EMFILE, EINTR}},
    {"fstat", {ENOMEM}},
    {"fchmod", {EPERM}},
    {"close_range", {ENOSYS}},
    {"readlink", {EACCES}},
    {with("fcntl", F_DUPFD_CLOEXEC), {EMFILE}},
    {with("fcntl", F_SETOWN), {EINVAL}},
    {with("fcntl", F_SETFL), {EINVAL}},
    {with("fcntl", 1033 /* F_ADD_SEALS */), {EPERM}},
    {with("prctl", PR_SET_PDEATHSIG), {EINVAL}},
    {with("syscall", SYS_pidfd_open), {EMFILE, ENOMEM}},
    {with("syscall", SYS_pidfd_send_signal), {EPERM}},
    {with("futex", FUTEX_WAIT_BITSET), {EINTR}},
    {with("syscall", SYS_futex_waitv), {EINTR, ENOMEM}},
};

// The number of the call that fails next: each of the first, then ever fewer, as there are
// hundreds.
unsigned after(unsigned n) {
    static const bool every = std::getenv("BOBBIN_EVERY_CALL") != nullptr;  // NOLINT
    return every || n < 4 ? n + 1 : n + n / 2;
}

// The exit code of the program, which must end by itself, before a silent server would be killed.
int end_of(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"timeout", "-s", "ABRT", "25", FAILING_CALLS_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const running_program running(command);
    return running.join();
}

class marker {
public:
    marker() { REQUIRE(::mkdtemp(folder_.data()) != nullptr); }
    marker(const marker&) = delete;
    marker& operator=(const marker&) = delete;
    ~marker() {
        std::error_code none;
        std::filesystem::remove_all(folder_, none);
    }
    [[nodiscard]] std::string path() const { return folder_ + "/met"; }
    [[nodiscard]] bool is_there() const { return std::filesystem::exists(path()); }

private:
    std::string folder_ = "/tmp/bobbin-calls-XXXXXX";
};

// In the first process of that role that makes so many of these calls.
void check_role(const std::string& role) {
    const descendants all;
    for (const call& each : calls)
        for (const int error : each.errors)
            for (unsigned n = 1;; n = after(n)) {
                CAPTURE(role);
                CAPTURE(each.name);
                CAPTURE(error);
                CAPTURE(n);
                const marker met;
                const std::string wish = role + ':' + each.name + ':' + std::to_string(error) +
                                         ':' + std::to_string(n) + ':' + met.path();
                REQUIRE(::setenv("FAILING_CALL", wish.c_str(), 1) == 0);  // NOLINT
                CHECK(end_of({}) == 0);
                ::unsetenv("FAILING_CALL");  // NOLINT
                CHECK(all.all_end_within(std::chrono::seconds(30)));
                if (!met.is_there()) break;
            }
}

}  // namespace

TEST_CASE("a system call of an application that fails is told, or done without") {
    check_role("application");
}

TEST_CASE("the same of the fork server") {
    check_role("server");
}

TEST_CASE("the same of a worker, or a process") {
    check_role("child");
}

TEST_CASE("an application in which a call has failed goes on, and keeps no descriptor") {
    constexpr int was_not_met = 2;
    for (const call& each : calls)
        for (const int error : each.errors)
            for (unsigned n = 1;; n = after(n)) {
                CAPTURE(each.name);
                CAPTURE(error);
                CAPTURE(n);
                const int code = end_of({each.name, std::to_string(error), std::to_string(n)});
                CHECK((code == 0 || code == was_not_met));
                if (code != 0) break;
            }
}

TEST_CASE(
    "where there is no close_range children have no descriptor of the application's, either") {
    CHECK(end_of({"without-close-range"}) == 0);
}

TEST_CASE("where no signal at the parent's death is to be had there are workers and processes") {
    CHECK(end_of({"without-death-signal"}) == 0);
}

TEST_CASE("where the kernel watches no more descriptors a pool is refused") {
    CHECK(end_of({"without-epoll"}) == 0);
}

TEST_CASE("a coroutine is told to stop as soon as there is room for that in its worker's socket") {
    CHECK(end_of({"without-room"}) == 0);
}
