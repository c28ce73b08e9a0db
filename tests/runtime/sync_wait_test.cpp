// Goal: sync_wait brings a task's end to plain code, and refuses where it could never return.
// Method: threads are told apart by their ids and by what Asio says of them.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bobbin::sync_wait;
using bobbin::task;
using test::balanced;
using test::counted;
using test::in_every_place;
using test::in_every_pool;

task<int> number(int value) {
    co_return value;
}
task<std::thread::id> own_thread() {
    co_return std::this_thread::get_id();
}

// What `sync_wait(…)` ends with inside a task: true if it was would_deadlock.
template <class F>
bool would_deadlock(F wait) {
    try {
        wait();
    } catch (const bobbin::would_deadlock&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE_FIXTURE(balanced, "sync_wait returns the task's result, moved") {
    in_every_place([](test::place& place) {
        auto value = []() -> task<counted> { co_return counted(4); };
        auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
        int object = 0;
        auto reference = [&]() -> task<int&> { co_return object; };
        CHECK(place.run(value()).value == 4);
        CHECK(*place.run(pointer()) == 5);
        CHECK(&place.run(reference()) == &object);
        CHECK(counted::copies() == 0);
    });
}

TEST_CASE("sync_wait throws what the task threw") {
    in_every_place([](test::place& place) {
        auto fail = [](auto error) -> task<void> {
            throw error;
            co_return;
        };
        CHECK_THROWS_WITH_AS(place.run(fail(std::runtime_error("own"))), "own", std::runtime_error);
        CHECK_THROWS_AS(place.run(fail(42)), int);
        CHECK_THROWS_AS(place.run(fail(bobbin::cancelled())), bobbin::cancelled);
    });
}

TEST_CASE("with a pool the task runs on the pool's threads") {
    in_every_pool([](test::place& place) {
        auto work = [&]() -> task<bool> {
            co_return place.pool().get_executor().running_in_this_thread();
        };
        CHECK(place.run(work()));
        CHECK(place.run(own_thread()) != std::this_thread::get_id());
    });
}

TEST_CASE("without a pool the task runs on the calling thread") {
    CHECK(sync_wait(own_thread()) == std::this_thread::get_id());
}

TEST_CASE("without a pool the task goes on on the thread that resumes it") {
    test::foreign_thread elsewhere;
    auto work = [&]() -> task<void> {
        CHECK(co_await own_thread() == std::this_thread::get_id());
        co_await elsewhere;
        CHECK(co_await own_thread() == elsewhere.id());
    };
    sync_wait(work());
}

TEST_CASE("many threads wait for tasks of one pool at the same time") {
    in_every_pool([](test::place& place) {
        std::atomic<int> sum = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                for (int j = 0; j < 100; ++j) sum += place.run(number(1));
            });
        for (std::thread& each : threads) each.join();
        CHECK(sum == 800);
    });
}

TEST_CASE("on a thread of the pool itself sync_wait throws would_deadlock") {
    in_every_pool([](test::place& place) {
        auto in_task = [&]() -> task<bool> {
            co_return would_deadlock([&] { place.run(number(1)); });
        };
        CHECK(place.run(in_task()));

        std::promise<bool> seen;
        boost::asio::post(place.pool().get_executor(),
                          [&] { seen.set_value(would_deadlock([&] { place.run(number(1)); })); });
        CHECK(seen.get_future().get());
    });
}

TEST_CASE("inside a task sync_wait without a pool throws would_deadlock") {
    in_every_place([](test::place& place) {
        auto in_task = []() -> task<bool> {
            co_return would_deadlock([] { sync_wait(number(1)); });
        };
        CHECK(place.run(in_task()));
    });
}

TEST_CASE_FIXTURE(balanced, "a task that sync_wait refused has not run and is gone") {
    in_every_pool([](test::place& place) {
        bool began = false;
        auto refused = [&](counted) -> task<void> {
            began = true;
            co_return;
        };
        auto in_task = [&]() -> task<bool> {
            co_return would_deadlock([&] { place.run(refused(counted())); });
        };
        CHECK(place.run(in_task()));
        CHECK(counted::alive() == 0);
        CHECK_FALSE(began);
    });
}

TEST_CASE("a thread of one pool may wait for another pool") {
    bobbin::thread_pool other({.threads = 1, .name = "other"});
    in_every_place([&](test::place& place) {
        auto work = [&]() -> task<int> { co_return sync_wait(other, number(6)); };
        CHECK(place.run(work()) == 6);
    });
}

TEST_CASE_FIXTURE(balanced, "after stop sync_wait throws pool_closed, and the task is gone") {
    in_every_pool([](test::place& place) {
        bool began = false;
        auto late = [&](counted) -> task<void> {
            began = true;
            co_return;
        };
        place.pool().stop();
        CHECK_THROWS_AS(place.run(late(counted())), bobbin::pool_closed);
        CHECK(counted::alive() == 0);
        CHECK_FALSE(began);
    });
}

TEST_CASE("a stop while the task waits to begin cancels it") {
    test::place place(1);
    std::atomic<bool> began = false;
    std::promise<void> busy;
    std::promise<void> stopped;
    auto blocking = [&]() -> task<void> {
        busy.set_value();
        stopped.get_future().wait();  // holds the only thread
        co_return;
    };
    auto late = [&]() -> task<void> {
        began = true;
        co_return;
    };
    place.pool().spawn(blocking());
    busy.get_future().wait();
    auto outcome = std::async(std::launch::async, [&] { place.run(late()); });
    while (place.pool().stats().injected < 2) std::this_thread::yield();
    place.pool().stop();
    stopped.set_value();
    CHECK_THROWS_AS(outcome.get(), bobbin::cancelled);
    CHECK_FALSE(began);
}

TEST_CASE("sync_wait of an empty task throws std::logic_error") {
    in_every_place(
        [](test::place& place) { CHECK_THROWS_AS(place.run(task<int>()), std::logic_error); });
}

TEST_CASE("a pool may be destroyed as soon as sync_wait has returned, while a stranger resumes") {
    // The race sought: the stranger is still on its way out of the pool it has put a task into.
    test::foreign_thread stranger;
    for (int round = 0; round < 500; ++round) {
        bobbin::thread_pool pool({.threads = 2, .name = "test"});
        auto hop = [&]() -> task<void> { co_await stranger; };
        auto body = [&](bobbin::nursery& children) -> task<void> {
            for (int i = 0; i < 3; ++i) children.spawn(hop());
            co_await stranger;
        };
        sync_wait(pool, bobbin::scope(body));
    }
}
