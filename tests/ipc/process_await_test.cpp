// Goal: tasks wait for processes without holding a thread, and may stop waiting.
#include "../runtime/ledger.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;
using bobbin::task;

namespace {

inline constexpr bobbin::fn<&test::stop_at> stops_at;

task<ipc::exit_status> end_of(ipc::process child) {
    const auto how = co_await child.ended();
    CHECK(child.join() == how);
    co_return how;
}

// All are there before the first is let go.
task<void> await_many(int count, const test::waypoint& there, std::atomic<int>& ended) {
    auto await_one = [](std::string path, std::atomic<int>& sum) -> task<void> {
        ipc::process child(stops_at, std::move(path));
        const auto how = co_await child.ended();
        if (how.ok()) sum.fetch_add(1, std::memory_order_relaxed);
    };
    co_await bobbin::scope([&](bobbin::nursery& all) -> task<void> {
        for (int i = 0; i < count; ++i) all.spawn(await_one(there.path(), ended));
        co_return;
    });
}

}  // namespace

TEST_CASE("awaiting a process gives how it ended, also if that is long ago") {
    bobbin::thread_pool pool({.threads = 1});
    CHECK(bobbin::sync_wait(pool, end_of(ipc::process([] { return 42; }))).code == 42);
    CHECK(bobbin::sync_wait(pool, end_of(ipc::process([] { ::raise(SIGKILL); }))).signal ==
          SIGKILL);
    ipc::process child([] { return 3; });
    child.join();
    CHECK(bobbin::sync_wait(pool, end_of(std::move(child))).code == 3);
}

TEST_CASE("a hundred tasks on two threads await a process each") {
    constexpr int count = 100;
    const test::waypoint there;
    std::atomic<int> ended{0};
    bobbin::thread_pool pool({.threads = 2});
    auto all = pool.submit([&] { return await_many(count, there, ended); });
    REQUIRE(there.await_arrivals(count));
    CHECK(ended.load(std::memory_order_relaxed) == 0);
    there.let_go(count);
    all.get();
    CHECK(ended.load(std::memory_order_relaxed) == count);
}

TEST_CASE("a task that is asked to stop gives up, and the process runs on") {
    const test::waypoint there;
    bobbin::thread_pool pool({.threads = 1});
    ipc::process child(stops_at, there.path());
    REQUIRE(there.await_arrivals(1));
    CHECK_THROWS_AS(bobbin::sync_wait(pool, bobbin::with_timeout(1ms, child.ended())),
                    bobbin::timed_out);
    CHECK(child.running());
    there.let_go();
    CHECK(bobbin::sync_wait(pool, child.ended()).ok());  // again
}

TEST_CASE("a task that was asked to stop before does not wait at all") {
    const test::waypoint there;
    bobbin::thread_pool pool({.threads = 1});
    ipc::process child(stops_at, there.path());
    auto job = pool.submit([&]() -> task<void> {
        test::arrive(there.path());
        const auto token = co_await bobbin::this_stop_token();
        while (!token.stop_requested()) ::sched_yield();
        co_await child.ended();
    });
    REQUIRE(there.await_arrivals(2));
    job.cancel();
    CHECK_THROWS_AS(job.get(), bobbin::cancelled);
    CHECK(child.running());
    there.let_go();
}

TEST_CASE("a task without a pool has nobody to wait for a process") {
    ipc::process child([] {});
    CHECK_THROWS_AS(bobbin::sync_wait(child.ended()), bobbin::no_pool);
}

TEST_CASE("a task that awaits a process of a fork server that dies is told that nobody knows") {
    const test::waypoint there;
    const test::ledger servers;
    bobbin::thread_pool pool({.threads = 1});
    const auto stay = [](const std::string& ledger, const std::string& waypoint) {
        test::record(ledger, ::getppid());
        test::stop_at(waypoint);
    };
    ipc::process child(stay, servers.path(), there.path());
    REQUIRE(there.await_arrivals(1));
    auto job = pool.submit([&] { return child.ended(); });
    const pid_t server = servers.entries().at(0);
    REQUIRE(server > 1);
    ::kill(server, SIGKILL);
    CHECK_FALSE(job.get().known());
}
