// Goal: tasks wait for queues without a thread each, can be cancelled, and are woken by what other
// processes do. Method: children are forked before the pool starts its threads.
#include "await.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <runtime/gate.hpp>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace ipc = bobbin::ipc;
using bobbin::task;
using namespace std::chrono_literals;

namespace {

// Threads of this process whose name begins so.
int threads_named(const std::string& name) {
    int count = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string text;
        std::ifstream(each.path() / "comm") >> text;
        if (text.starts_with(name)) ++count;
    }
    return count;
}

// How much shared memory is mapped here, and how many descriptors are open.
int mapped_segments() {
    std::ifstream maps("/proc/self/maps");
    int count = 0;
    for (std::string line; std::getline(maps, line);)
        if (line.find("memfd:bobbin") != std::string::npos) ++count;
    return count;
}
std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
}

// The one that waits for queues lingers for a moment.
bool await_no_waiting_thread() {
    return test::await([] { return threads_named("bobbin-wait") == 0; });
}

task<void> add_one(ipc::shared_queue<int>& queue, std::atomic<long>& sum, std::atomic<int>& count) {
    sum += co_await queue.pop();
    ++count;
}

task<void> add_all(ipc::shared_queue<int>& queue, std::atomic<long>& sum, int tasks) {
    std::atomic<int> count = 0;
    co_await bobbin::scope([&](bobbin::nursery& children) -> task<void> {
        for (int i = 0; i < tasks; ++i) children.spawn(add_one(queue, sum, count));
        co_return;
    });
    CHECK(count == tasks);
}

task<void> both(task<void> first, task<void> second) {
    co_await bobbin::when_all(std::move(first), std::move(second));
}

}  // namespace

TEST_CASE("a thousand tasks wait for one queue with one thread, and each gets one item") {
    ipc::shared_queue<int> queue;
    ipc::shared_queue<int> go;
    auto producer = ipc::process::forked([&] {
        go.get();
        for (int i = 1; i <= 1000; ++i) queue.put(i);
    });
    bobbin::thread_pool pool({.threads = 2});
    std::atomic<long> sum = 0;
    std::atomic<int> threads = 0;
    const auto watch = [](ipc::shared_queue<int>& start, std::atomic<int>& seen) -> task<void> {
        // Timers go on meanwhile.
        while ((seen = threads_named("bobbin-wait")) == 0) co_await bobbin::sleep_for(1ms);
        co_await start.push(1);
    };
    bobbin::sync_wait(pool, both(add_all(queue, sum, 1000), watch(go, threads)));
    CHECK(sum == 1000 * 1001 / 2);
    CHECK(threads == 1);
    CHECK(producer.join().ok());
}

TEST_CASE("a task that waits for an item or for room can be cancelled, and nothing is lost") {
    ipc::shared_queue<int> queue(64);
    bobbin::thread_pool pool({.threads = 2});
    CHECK_THROWS_AS(bobbin::sync_wait(pool, bobbin::with_timeout(5ms, queue.pop())),
                    bobbin::timed_out);
    for (int i = 0; i < 4; ++i) queue.put(i);
    CHECK_THROWS_AS(bobbin::sync_wait(pool, bobbin::with_timeout(5ms, queue.push(4))),
                    bobbin::timed_out);
    for (int i = 0; i < 4; ++i) CHECK(bobbin::sync_wait(pool, queue.pop()) == i);
    CHECK(queue.empty());
}

TEST_CASE("of a pop and a push that were cancelled nothing is left: no thread, no memory") {
    REQUIRE(await_no_waiting_thread());
    const int segments = mapped_segments();
    const auto descriptors = open_descriptors();
    {
        bobbin::thread_pool pool({.threads = 1});
        ipc::shared_queue<int> empty(64U << 20U);
        ipc::shared_queue<int> full(64);
        for (int i = 0; i < 4; ++i) full.put(i);
        CHECK_THROWS_AS(bobbin::sync_wait(pool, bobbin::with_timeout(5ms, empty.pop())),
                        bobbin::timed_out);
        CHECK_THROWS_AS(bobbin::sync_wait(pool, bobbin::with_timeout(5ms, full.push(4))),
                        bobbin::timed_out);
    }
    CHECK(await_no_waiting_thread());
    CHECK(test::await([&] { return mapped_segments() == segments; }));
    CHECK(test::await([&] { return open_descriptors() == descriptors; }));
}

TEST_CASE("when the first in line for room is cancelled, the next has its turn if it fits") {
    ipc::shared_queue<std::string> queue(64);
    queue.put(std::string(16, 'a'));  // 32 of 64 bytes
    bobbin::thread_pool pool({.threads = 2});
    bobbin::sync_wait(
        pool, bobbin::scope([&](bobbin::nursery& children) -> task<void> {
            const auto push_large = [](ipc::shared_queue<std::string>& to) -> task<void> {
                try {
                    co_await bobbin::with_timeout(100ms, to.push(std::string(40, 'b')));
                } catch (const bobbin::timed_out&) {
                }
            };
            const auto push_small = [](ipc::shared_queue<std::string>& to) -> task<void> {
                while (threads_named("bobbin-wait") == 0) co_await bobbin::sleep_for(1ms);
                co_await to.push("c");
            };
            children.spawn(push_large(queue));
            children.spawn(push_small(queue));
            co_return;
        }));
    CHECK(queue.get() == std::string(16, 'a'));
    CHECK(queue.get() == "c");
}

TEST_CASE("of a thousand waiting tasks those that are cancelled leave the others their items") {
    ipc::shared_queue<int> queue;
    bobbin::thread_pool pool({.threads = 2});
    std::atomic<int> cancelled = 0;
    test::gate all_cancelled;
    std::atomic<int> got = 0;
    const auto wait = [](ipc::shared_queue<int>& from, std::chrono::milliseconds patience,
                         std::atomic<int>& missed, test::gate& all_missed,
                         std::atomic<int>& found) -> task<void> {
        try {
            co_await bobbin::with_timeout(patience, from.pop());
            ++found;
        } catch (const bobbin::timed_out&) {
            if (++missed == 500) all_missed.open();
        }
    };
    const auto feed = [](ipc::shared_queue<int>& to, test::gate& all_missed) -> task<void> {
        co_await all_missed;
        for (int i = 0; i < 500; ++i) co_await to.push(i);
    };
    bobbin::sync_wait(
        pool, bobbin::scope([&](bobbin::nursery& children) -> task<void> {
            for (int i = 0; i < 500; ++i) {
                children.spawn(wait(queue, 3'600'000ms, cancelled, all_cancelled, got));
                children.spawn(wait(queue, 2ms, cancelled, all_cancelled, got));
            }
            children.spawn(feed(queue, all_cancelled));
            co_return;
        }));
    CHECK(cancelled == 500);
    CHECK(got == 500);
}

TEST_CASE("push waits for room that another process makes") {
    ipc::shared_queue<int> queue(64);
    auto consumer = ipc::process::forked([&] {
        for (int i = 0; i < 1000; ++i)
            if (queue.get() != i) return 1;
        return 0;
    });
    bobbin::thread_pool pool({.threads = 2});
    const auto produce = [](ipc::shared_queue<int>& to) -> task<void> {
        for (int i = 0; i < 1000; ++i) co_await to.push(i);
    };
    bobbin::sync_wait(pool, produce(queue));
    CHECK(consumer.join().ok());
}

TEST_CASE("closing a queue, and the death of its producers, end the wait") {
    ipc::shared_queue<int> closed;
    ipc::shared_queue<int> orphaned;
    ipc::shared_queue<int> waiting;
    auto closer = ipc::process::forked([&] {
        waiting.get();
        closed.close();
    });
    auto producer = ipc::process::forked([&] {
        orphaned.put(1);
        waiting.get();
        std::raise(SIGKILL);
    });
    orphaned.expect(producer.pid());
    bobbin::thread_pool pool({.threads = 2});
    const auto let_go = [](ipc::shared_queue<int>& others) -> task<void> {
        while (threads_named("bobbin-wait") == 0) co_await bobbin::sleep_for(1ms);
        co_await others.push(1);
        co_await others.push(1);
    };
    const auto pop_from = [](ipc::shared_queue<int>& from) -> task<std::string> {
        try {
            co_await from.pop();
            co_return "an item";
        } catch (const ipc::queue_closed&) {
            co_return "closed";
        } catch (const ipc::producer_died&) {
            co_return "died";
        }
    };
    CHECK(bobbin::sync_wait(pool, pop_from(orphaned)) == "an item");
    REQUIRE(await_no_waiting_thread());
    const auto ends = [](auto first, auto second, auto third) -> task<std::string> {
        auto [a, b, nothing] =
            co_await bobbin::when_all(std::move(first), std::move(second), std::move(third));
        static_cast<void>(nothing);
        co_return a + " " + b;
    };
    CHECK(bobbin::sync_wait(pool, ends(pop_from(closed), pop_from(orphaned), let_go(waiting))) ==
          "closed died");
}

TEST_CASE("more queues than a thread can wait for get another thread") {
    REQUIRE(await_no_waiting_thread());
    constexpr int count = 130;
    std::vector<ipc::shared_queue<int>> queues;
    for (int i = 0; i < count; ++i) queues.emplace_back(64);
    bobbin::thread_pool pool({.threads = 2});
    std::atomic<long> sum = 0;
    std::atomic<int> got = 0;
    const auto feed = [](std::vector<ipc::shared_queue<int>>& all) -> task<void> {
        while (threads_named("bobbin-wait") < 2) co_await bobbin::sleep_for(1ms);
        for (auto& each : all) co_await each.push(1);
    };
    bobbin::sync_wait(pool, bobbin::scope([&](bobbin::nursery& children) -> task<void> {
                          for (auto& each : queues) children.spawn(add_one(each, sum, got));
                          children.spawn(feed(queues));
                          co_return;
                      }));
    CHECK(sum == count);
}

TEST_CASE(
    "while another process is stopped in the middle of its turn, a task waits, and is not busy") {
    ipc::shared_queue<int> queue;
    auto stopped = ipc::process::forked([&] { queue.get(); });
    REQUIRE(test::await_state(stopped.pid(), 'S'));
    REQUIRE(::kill(stopped.pid(), SIGSTOP) == 0);
    REQUIRE(::waitpid(stopped.pid(), nullptr, WUNTRACED) == stopped.pid());
    bobbin::thread_pool pool({.threads = 2});
    queue.put(1);
    const auto cpu = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
    const double before = cpu();
    CHECK_THROWS_AS(bobbin::sync_wait(pool, bobbin::with_timeout(200ms, queue.pop())),
                    bobbin::timed_out);
    CHECK(cpu() - before < 0.1);
    stopped.kill();
    CHECK(bobbin::sync_wait(pool, queue.pop()) == 1);
}
