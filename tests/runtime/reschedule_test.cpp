// Goal: a task that reschedules itself lets all others run that are ready, and goes on after them.
// Method: pools of one thread, on which the order is seen; loops that end only when another task of
// the same thread, or a timer, has run.
#include "places.hpp"

#include <bobbin/runtime/reschedule.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using bobbin::nursery;
using bobbin::reschedule;
using bobbin::task;

task<void> set(std::atomic<bool>& flag) {
    flag = true;
    co_return;
}

}  // namespace

TEST_CASE("tasks of one thread take turns where they reschedule") {
    test::place one(1);
    std::string order;
    const auto steps = [&](char name) -> task<void> {
        for (int i = 0; i < 3; ++i) {
            order += name;
            co_await reschedule();
        }
    };
    const auto run = [&]() -> task<void> {
        co_await bobbin::when_all(steps('a'), steps('b'), steps('c'));
    };
    one.run(run());
    CHECK(order == "abcabcabc");
}

TEST_CASE("a loop that reschedules ends when another task of its only thread has run") {
    test::place one(1);
    std::atomic<bool> has_run = false;
    const auto run = [&](nursery& children) -> task<void> {
        children.spawn(set(has_run));
        while (!has_run) co_await reschedule();
    };
    one.run(bobbin::scope(run));
    CHECK(has_run);
}

TEST_CASE("work from outside and timers have their turn beside a loop that reschedules") {
    test::in_every_pool([](test::place& place) {
        std::atomic<bool> has_run = false;
        const auto run = [&]() -> task<void> {
            while (!has_run) co_await reschedule();
        };
        const auto wake = [&]() -> task<void> {
            co_await bobbin::sleep_for(1ms);
            has_run = true;
        };
        const auto both = [&]() -> task<void> { co_await bobbin::when_all(run(), wake()); };
        place.run(both());
        has_run = false;
        std::thread outside([&] { place.run(set(has_run)); });
        place.run(run());
        outside.join();
    });
}

TEST_CASE("a task without a pool just goes on where it is") {
    const auto run = []() -> task<bool> {
        const auto before = std::this_thread::get_id();
        for (int i = 0; i < 1000; ++i) co_await reschedule();
        co_return before == std::this_thread::get_id();
    };
    CHECK(bobbin::sync_wait(run()));
}

TEST_CASE("a task that was asked to stop is rescheduled all the same") {
    test::in_every_pool([](test::place& place) {
        int steps = 0;
        const auto run = [&](nursery& children) -> task<void> {
            children.request_stop();
            for (; steps < 3; ++steps) co_await reschedule();
        };
        place.run(bobbin::scope(run));
        CHECK(steps == 3);
    });
}

TEST_CASE("many tasks that reschedule often all come to their end") {
    test::in_every_pool([](test::place& place) {
        std::atomic<int> ended = 0;
        const auto steps = [&]() -> task<void> {
            for (int i = 0; i < 100; ++i) co_await reschedule();
            ++ended;
        };
        const auto run = [&](nursery& children) -> task<void> {
            for (int i = 0; i < 500; ++i) children.spawn(steps());
            co_return;
        };
        place.run(bobbin::scope(run));
        CHECK(ended == 500);
    });
}
