// Goal: a process started by the fork server is what its owner is told that it is, and leaves
// nothing behind.
#include "../runtime/ledger.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sleep_for.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <poll.h>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;

namespace {

static_assert(!std::is_copy_constructible_v<ipc::process>);
static_assert(std::is_nothrow_move_constructible_v<ipc::process>);

void stay(const std::string& waypoint) {
    test::arrive(waypoint);
    for (;;) ::pause();
}
int sum_of(const std::vector<int>& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), 0) % 100;
}
int difference(int a, int b) {
    return a - b;
}
inline constexpr bobbin::fn<&stay> stays;

std::size_t descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

std::set<int> open_descriptors() {
    constexpr int most = 1000;
    std::set<int> all;
    for (int each = 0; each < most; ++each)
        if (::fcntl(each, F_GETFD) >= 0) all.insert(each);
    return all;
}

// Tells when it has ended, also if it is no child of ours.
class death {
public:
    explicit death(pid_t of) : end_(static_cast<int>(::syscall(SYS_pidfd_open, of, 0))) {
        REQUIRE(of > 1);
        REQUIRE(end_ >= 0);
    }
    death(const death&) = delete;
    death& operator=(const death&) = delete;
    ~death() { ::close(end_); }
    [[nodiscard]] bool comes() const {
        constexpr int patience_ms = 30'000;
        pollfd one{.fd = end_, .events = POLLIN, .revents = 0};
        return ::poll(&one, 1, patience_ms) == 1;
    }

private:
    int end_;
};

// The parent of our processes.
pid_t fork_server() {
    const test::ledger parents;
    const auto tell = [](const std::string& path) { test::record(path, ::getppid()); };
    REQUIRE(ipc::process(tell, parents.path()).join().ok());
    return parents.entries().at(0);
}

// Until that has none left, not even to be waited for.
void await_no_children_of(pid_t server) {
    const auto number = std::to_string(server);
    const std::string path = "/proc/" + number + "/task/" + number + "/children";
    for (int child = 0;; ::sched_yield())
        if (!(std::ifstream(path) >> child)) return;
}

// What is written to this process's standard output or error while `run` runs: meanwhile the
// descriptor is a pipe.
template <class F>
std::string output_of(int descriptor, F run) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    std::fflush(nullptr);
    const int before = ::dup(descriptor);
    ::dup2(ends[1], descriptor);
    ::close(ends[1]);
    run();
    ::dup2(before, descriptor);
    ::close(before);
    std::string text;
    char part = 0;
    while (::read(ends[0], &part, 1) == 1) text += part;
    ::close(ends[0]);
    return text;
}

}  // namespace

TEST_CASE("a process ends with what its function returns, or with 0") {
    CHECK(ipc::process([] { return 42; }).join() == ipc::exit_status{.code = 42});
    CHECK(ipc::process([] {}).join().ok());
    CHECK(ipc::process([] { ::_exit(3); }).join().code == 3);
    CHECK(ipc::process([] { std::exit(4); }).join().code == 4);
}

TEST_CASE("a process is another one than this and than the one before") {
    const test::ledger pids;
    const auto tell = [](const std::string& path) { test::record(path, ::getpid()); };
    ipc::process first(tell, pids.path());
    ipc::process second(tell, pids.path());
    CHECK(first.join().ok());
    CHECK(second.join().ok());
    CHECK(first.pid() != second.pid());
    CHECK(pids.has(first.pid()));
    CHECK(pids.has(second.pid()));
    CHECK_FALSE(pids.has(::getpid()));
}

TEST_CASE("a process that was killed says by which signal") {
    const test::waypoint there;
    ipc::process child(stays, there.path());
    REQUIRE(there.await_arrivals(1));
    CHECK(child.running());
    CHECK(::kill(child.pid(), 0) == 0);
    child.terminate();
    CHECK(child.join() == ipc::exit_status{.signal = SIGTERM});
    CHECK(child.join().signal == SIGTERM);  // again
    CHECK_FALSE(child.running());
    child.kill();  // nothing happens
    ipc::process other(stays, there.path());
    other.kill();
    CHECK(other.join().signal == SIGKILL);
    CHECK(ipc::process([] { std::abort(); }).join().signal == SIGABRT);
}

TEST_CASE("the number of a process is nobody else's while its object lives") {
    ipc::process child([] {});
    const pid_t pid = child.pid();
    CHECK(child.join().ok());
    CHECK(::kill(pid, 0) == 0);
    child = ipc::process([] {});
    const pid_t other = child.pid();
    CHECK(other != pid);
}

TEST_CASE("joining for a time leaves a process alive that takes longer") {
    const test::waypoint there;
    ipc::process child(bobbin::fn<&test::stop_at>{}, there.path());
    REQUIRE(there.await_arrivals(1));
    CHECK_FALSE(child.join_for(1ms));
    CHECK_FALSE(child.join_for(-1ms));
    CHECK(child.running());
    there.let_go();
    CHECK(child.join_for(1h) == ipc::exit_status{});
}

TEST_CASE("an exception that leaves the function is printed, and the exit code is 1") {
    const auto text = output_of(STDERR_FILENO, [] {
        CHECK(ipc::process([]() -> int { throw std::runtime_error("lost it"); }).join().code == 1);
    });
    CHECK(text.find("lost it") != std::string::npos);
    output_of(STDERR_FILENO, [] { CHECK(ipc::process([] { throw 1; }).join().code == 1); });
}

TEST_CASE("output goes where that of this process goes now, and is not lost") {
    fork_server();  // which has the standard output from before
    const auto write = [] {
        std::cout << "from cout ";
        std::printf("from printf ");
        return 0;
    };
    CHECK(output_of(STDOUT_FILENO, [&] { ipc::process(write).join(); }) ==
          "from cout from printf ");
}

TEST_CASE("what this process has printed comes before what its child prints, and once") {
    const auto text = output_of(STDOUT_FILENO, [] {
        std::printf("once ");
        ipc::process([] { std::printf("child "); }).join();
    });
    CHECK(text == "once child ");
}

TEST_CASE("a process has nothing to read, and needs no standard output here") {
    CHECK(ipc::process([] {
              char byte = 0;
              return static_cast<int>(::read(STDIN_FILENO, &byte, 1));
          })
              .join()
              .ok());
    const int before = ::dup(STDOUT_FILENO);
    ::close(STDOUT_FILENO);
    CHECK(ipc::process([] { std::printf("nowhere"); }).join().ok());
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
}

TEST_CASE("arguments cross, small and large, passed or bound") {
    CHECK(ipc::process(bobbin::fn<&difference>{}, 50, 8).join().code == 42);
    CHECK(ipc::process(bobbin::bind(bobbin::fn<&difference>{}, 50), 8).join().code == 42);
    for (const std::size_t size : {std::size_t{10'000}, std::size_t{1} << 20U}) {
        std::vector<int> numbers(size);
        numbers.back() = 77;
        CHECK(ipc::process(bobbin::fn<&sum_of>{}, numbers).join().code == 77);
    }
}

TEST_CASE("shared objects are arguments, each the same there as here") {
    ipc::shared_queue<std::string> words;
    ipc::shared_value<int> sum(1);
    const auto work = [](ipc::shared_queue<std::string> to, ipc::shared_value<int> first,
                         ipc::shared_value<int> second, const std::vector<char>& large) {
        ++first;
        ++second;
        to.put(std::string(large.begin(), large.begin() + 5));
    };
    const std::vector<char> large(100'000, 'x');
    ipc::process child(work, words, sum, sum, large);
    words.expect(child.pid());
    CHECK(words.get() == "xxxxx");
    CHECK(child.join().ok());
    CHECK(sum.load() == 3);
    const auto count = [](const std::vector<ipc::shared_value<int>>& all) {
        return static_cast<int>(all.size());
    };
    CHECK(ipc::process(count, std::vector(60, sum)).join().code == 60);
    CHECK_THROWS_AS(ipc::process(count, std::vector(61, sum)), std::length_error);
}

TEST_CASE("the function may be a coroutine, with timers") {
    const auto later = [](int code) -> bobbin::task<int> {
        co_await bobbin::sleep_for(1ms);
        co_return code;
    };
    CHECK(ipc::process(later, 7).join().code == 7);
}

TEST_CASE("a process may have processes") {
    const auto parent = [](int code) {
        return ipc::process([](int inner) { return inner + 1; }, code + 1).join().code;
    };
    CHECK(ipc::process(parent, 40).join().code == 42);
}

TEST_CASE("a process object that goes away joins: no zombie and no descriptor is left") {
    const pid_t server = fork_server();
    const auto before = descriptors();
    const test::ledger ended;
    {
        std::vector<ipc::process> children;
        for (int i = 0; i < 20; ++i)
            children.emplace_back(bobbin::fn<&test::record>{}, ended.path(), i);
        ipc::process moved = std::move(children.front());
        children.front() = std::move(children.back());
        children.pop_back();
        CHECK(moved.pid() > 1);
    }
    CHECK(ended.size() == 20);
    CHECK(descriptors() == before);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == 0);  // our only child is the server
    await_no_children_of(server);
    CHECK(fork_server() == server);
}

TEST_CASE("a process whose descriptors the program has closed is killed and has ended") {
    REQUIRE(fork_server() > 1);
    const test::waypoint there;
    const auto others = open_descriptors();
    ipc::process child(stays, there.path());
    auto own = open_descriptors();
    std::erase_if(own, [&](int each) { return others.contains(each); });
    const death of_child(child.pid());
    REQUIRE(there.await_arrivals(1));
    for (const int each : own) ::close(each);
    CHECK(child.join() == ipc::exit_status{.code = -1});
    CHECK(of_child.comes());
}

TEST_CASE("what was moved from has no process") {
    ipc::process first([] { return 5; });
    ipc::process second(std::move(first));
    CHECK(first.pid() == -1);  // NOLINT(bugprone-use-after-move)
    first.kill();
    CHECK_THROWS_AS(first.join(), std::logic_error);
    CHECK(second.join().code == 5);
}

TEST_CASE("when the fork server dies its processes do, nobody knows of what, and the next start") {
    const pid_t server = fork_server();
    const test::waypoint there;
    ipc::process child(stays, there.path());
    REQUIRE(there.await_arrivals(1));
    const death of_child(child.pid());
    ::kill(server, SIGKILL);
    const auto how = child.join();
    CHECK(of_child.comes());
    CHECK_FALSE(how.known());
    CHECK_FALSE(how.ok());
    CHECK(how == ipc::exit_status{.code = -1});
    CHECK(ipc::process([] { return 6; }).join().code == 6);
    CHECK(fork_server() != server);
}

TEST_CASE("processes die with the one that started them, killed as it may be") {
    const test::waypoint there;
    const test::ledger pids;
    const auto parent = [](const std::string& waypoint, const std::string& ledger) {
        const ipc::process first(stays, waypoint);
        const ipc::process second(stays, waypoint);
        test::record(ledger, first.pid());
        test::record(ledger, second.pid());
        stay(waypoint);
    };
    ipc::process doomed(parent, there.path(), pids.path());
    REQUIRE(there.await_arrivals(3));
    const death first(pids.entries().at(0));
    const death second(pids.entries().at(1));
    doomed.kill();
    CHECK(first.comes());
    CHECK(second.comes());
}
