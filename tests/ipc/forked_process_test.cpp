// Goal: a process that is a copy of this one is what its owner is told that it is, and leaves
// nothing behind.
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;

namespace {

std::size_t descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

// What a child that runs `function` writes to its standard output or error.
template <class F>
std::string output_of(int descriptor, F function) {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    std::string text;
    {
        auto child = ipc::process::forked([&] {
            ::dup2(ends[1], descriptor);
            ::close(ends[0]);
            ::close(ends[1]);
            return function();
        });
        ::close(ends[1]);
        char part = 0;
        while (::read(ends[0], &part, 1) == 1) text += part;
    }
    ::close(ends[0]);
    return text;
}

}  // namespace

TEST_CASE("a process ends with what its function returns, or with 0") {
    CHECK(ipc::process::forked([] { return 42; }).join() == ipc::exit_status{.code = 42});
    CHECK(ipc::process::forked([] {}).join().ok());
    CHECK(ipc::process::forked([] { ::_exit(3); }).join().code == 3);
}

TEST_CASE("a process that was killed says by which signal") {
    auto child = ipc::process::forked([] { ::pause(); });
    CHECK(child.running());
    CHECK(::kill(child.pid(), 0) == 0);
    CHECK_FALSE(child.join_for(1ms));
    child.terminate();
    CHECK(child.join().signal == SIGTERM);
    CHECK(child.join().signal == SIGTERM);  // again
    CHECK_FALSE(child.running());
    child.kill();  // nothing happens
}

TEST_CASE("a process is a copy: what it changes stays its own") {
    int number = 1;
    auto child = ipc::process::forked([&] { return ++number; });
    CHECK(child.join().code == 2);
    CHECK(number == 1);
}

TEST_CASE("an exception that leaves the function is printed, and the exit code is 1") {
    CHECK(output_of(STDERR_FILENO, []() -> int {
              throw std::runtime_error("lost it");
          }).find("lost it") != std::string::npos);
    CHECK(ipc::process::forked([]() -> int { throw 1; }).join().code == 1);
}

TEST_CASE("output is neither lost nor written twice") {
    std::cout << "";
    const auto text = output_of(STDOUT_FILENO, [] {
        std::cout << "from cout ";
        std::printf("from printf");
        return 0;
    });
    CHECK(text.find("from cout ") != std::string::npos);
    CHECK(text.find("from printf") != std::string::npos);
}

TEST_CASE("a process object that goes away joins: no zombie and no descriptor is left") {
    const auto before = descriptors();
    {
        std::vector<ipc::process> children;
        for (int i = 0; i < 20; ++i) children.push_back(ipc::process::forked([i] { return i; }));
        ipc::process moved = std::move(children.front());
        children.front() = std::move(children.back());
        children.pop_back();
    }
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    CHECK(descriptors() == before);
}

TEST_CASE("a copy whose descriptor the program has closed has ended, nobody knows how") {
    const int lowest = ::dup(STDERR_FILENO);
    ::close(lowest);
    auto child = ipc::process::forked([] {
        for (;;) ::pause();
        return 0;
    });
    // All of its own, its lifeline among them.
    REQUIRE(::close_range(static_cast<unsigned>(lowest), ~0U, 0) == 0);
    CHECK(child.join() == ipc::exit_status{.code = -1});
    CHECK(::waitpid(child.pid(), nullptr, 0) == child.pid());
}

TEST_CASE("a task may await a copy") {
    auto child = ipc::process::forked([] { return 9; });  // before there are threads
    bobbin::thread_pool pool({.threads = 1});
    CHECK(bobbin::sync_wait(pool, child.ended()).code == 9);
    CHECK(child.join().code == 9);
}

TEST_CASE("children die with their parent, killed as it may be") {
    ipc::shared_queue<pid_t> grandchildren;
    auto parent = ipc::process::forked([&] {
        auto first = ipc::process::forked([&] {
            grandchildren.put(::getpid());
            ::pause();
        });
        auto second = ipc::process::forked([&] {
            grandchildren.put(::getpid());
            ::pause();
        });
        ::pause();
    });
    // While one of these lives, the queue waits for it.
    const pid_t first = grandchildren.get();
    const pid_t second = grandchildren.get();
    grandchildren.expect(first);
    grandchildren.expect(second);
    parent.kill();
    CHECK_THROWS_AS(grandchildren.get(), ipc::producer_died);
}
