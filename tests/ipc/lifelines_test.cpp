// Goal: no child outlives its application, by each of three means alone: the lifeline, by which the
// kernel kills who holds it when the application's end is closed; the signal at the death of the
// parent, which is the fork server; and the server, which kills its children before it ends.
#include "../runtime/child_process.hpp"
#include "await.hpp"
#include "os/lifeline.hpp"
#include "pool_programs.hpp"
#include "workers.hpp"

#include <bobbin/ipc/process.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <utility>

using namespace test;

namespace {

enum class lost : std::uint8_t { nothing, parents_signal, lifeline, both };

// A child loses one of the means that end it with its parent, or both, and stays.
[[noreturn]] void lose_and_stay(lost what, int told) {
    if (what == lost::parents_signal || what == lost::both) {
        // setuid() does this, too, but only root can try it.
        if (::prctl(PR_SET_PDEATHSIG, 0) != 0) std::abort();
        if (::getuid() == 0 && ::setuid(65534) != 0) std::abort();
    }
    const std::array<pid_t, 2> names{::getpid(), ::getppid()};
    if (::write(told, names.data(), sizeof names) != sizeof names) std::abort();
    // All descriptors, as one would that doesn't know which it is.
    if (what == lost::lifeline || what == lost::both) ::closefrom(3);
    for (;;) ::pause();
}

bool has_ended(pid_t process) {
    std::string text;
    std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), text);
    return text.empty() || text.at(text.rfind(')') + 2) == 'Z';
}

// A process that has a child, and goes on until it is killed.
class application {
public:
    // `starts` is given the writing end of a pipe, by its path, and starts a child that is to tell
    // its number there.
    template <class F>
    explicit application(F starts) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            try {
                starts("/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends[1]));
            } catch (const std::exception& error) {
                std::fputs(error.what(), stderr);
            }
            ::_exit(1);
        }
        ::close(ends[1]);
        std::array<pid_t, 2> names{-1, -1};
        const auto size = ::read(ends[0], names.data(), sizeof names);
        ::close(ends[0]);
        REQUIRE(size == sizeof names);
        child_ = names[0];
        server_ = names[1];
    }
    [[nodiscard]] pid_t child() const noexcept { return child_; }
    [[nodiscard]] pid_t server() const noexcept { return server_; }
    void kill() const {
        REQUIRE(pid_ > 1);
        ::kill(pid_, SIGKILL);
    }

private:
    pid_t pid_ = -1;
    pid_t child_ = -1;
    pid_t server_ = -1;
};

void stay_in_job(const std::string& told, lost what) {
    lose_and_stay(what, ::open(told.c_str(), O_WRONLY));
}
inline constexpr bobbin::fn<&stay_in_job> stays;

application with_worker(ipc::start_method method, lost what) {
    return application([=](const std::string& told) {
        ipc::process_pool pool(workers_by(method, 1));
        pool.submit(stays, told, what).wait();
    });
}
application with_process(lost what) {
    return application([=](const std::string& told) {
        ipc::process([](const std::string& path, lost which) { stay_in_job(path, which); }, told,
                     what)
            .join();
    });
}

constexpr std::array every_method{ipc::start_method::fork_server, ipc::start_method::spawn,
                                  ipc::start_method::fork};

void check_lifeline(const application& killed) {
    REQUIRE(killed.server() > 1);
    ::kill(killed.server(), SIGSTOP);  // so that it kills nobody, and does not die
    REQUIRE(await_state(killed.server(), 'T'));
    killed.kill();
    CHECK(await([&] { return has_ended(killed.child()); }));
    ::kill(killed.server(), SIGKILL);
}

void check_parents_signal(const application& killed) {
    REQUIRE(killed.server() > 1);
    ::kill(killed.server(), SIGKILL);
    CHECK(await([&] { return has_ended(killed.child()); }));
    killed.kill();
}

// The descriptor in this process that writes to the pipe of that reading end.
int writing_end(int reading) {
    struct stat wanted {};
    REQUIRE(::fstat(reading, &wanted) == 0);
    for (int each = 0; each < 1000; ++each) {
        struct stat found {};
        if (each != reading && ::fstat(each, &found) == 0 && found.st_ino == wanted.st_ino)
            return each;
    }
    return -1;
}

void check_server(const application& killed) {
    killed.kill();
    CHECK(await([&] { return has_ended(killed.child()); }));
}

}  // namespace

TEST_CASE("a worker without its parent's signal ends with its application by its lifeline") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        const descendants all;
        check_lifeline(with_worker(method, lost::parents_signal));
        CHECK(all.all_end_within(std::chrono::seconds(30)));
    }
}

TEST_CASE("a worker without its lifeline ends with its parent by the signal") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        const descendants all;
        check_parents_signal(with_worker(method, lost::lifeline));
        CHECK(all.all_end_within(std::chrono::seconds(30)));
    }
}

TEST_CASE("a worker without both is killed by its server") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        const descendants all;
        check_server(with_worker(method, lost::both));
        CHECK(all.all_end_within(std::chrono::seconds(30)));
    }
}

TEST_CASE("the same of a process") {
    const descendants all;
    check_lifeline(with_process(lost::parents_signal));
    check_parents_signal(with_process(lost::lifeline));
    check_server(with_process(lost::both));
    CHECK(all.all_end_within(std::chrono::seconds(30)));
}

TEST_CASE("a forked process, whose parent is the application, has a lifeline too") {
    const descendants all;
    const application killed([](const std::string& told) {
        ipc::process::forked([&] {
            lose_and_stay(lost::parents_signal, ::open(told.c_str(), O_WRONLY));
            return 0;
        }).join();
    });
    killed.kill();
    CHECK(await([&] { return has_ended(killed.child()); }));
    CHECK(all.all_end_within(std::chrono::seconds(30)));
}

TEST_CASE("a child that the application has forked itself keeps none of the others alive") {
    const descendants all;
    const application killed([](const std::string& told) {
        std::array<int, 2> stays_open{};
        if (::pipe(stays_open.data()) != 0) std::abort();
        ipc::process_pool pool(1);
        const auto job = pool.submit(stays, told, lost::parents_signal);
        if (::fork() == 0)
            for (;;) ::pause();
        job.wait();
    });
    check_lifeline(killed);
    // The one that was forked is left.
    pid_t forked = -1;
    CHECK(await([&] {
        std::ifstream("/proc/self/task/" + std::to_string(::getpid()) + "/children") >> forked;
        return forked > 0;
    }));
    while (forked > 0) {
        ::kill(forked, SIGKILL);
        ::waitpid(forked, nullptr, 0);
        forked = -1;
        std::ifstream("/proc/self/task/" + std::to_string(::getpid()) + "/children") >> forked;
    }
    CHECK(all.all_end_within(std::chrono::seconds(30)));
}

TEST_CASE("a lifeline's copy in a forked child cuts none that the child has made since") {
    using ipc::detail::lifeline;
    auto both = lifeline::make();
    std::optional<lifeline> copied(std::move(both.first));
    const int held = both.second.get();
    const int number = writing_end(held);
    REQUIRE(number >= 0);
    const auto end = in_child([&] {
        ::close(held);  // so that the child's next pipe has both numbers
        const auto own = lifeline::make();
        if (writing_end(own.second.get()) != number) return 1;
        copied.reset();
        pollfd is_cut{.fd = own.second.get(), .events = 0, .revents = 0};
        return ::poll(&is_cut, 1, 0) == 0 ? 0 : 2;
    });
    CHECK(end.exit_code == 0);
}
