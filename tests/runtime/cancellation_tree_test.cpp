// Goal: a stop reaches all of a large tree of tasks, deep or wide, also where nobody listens.
// Method: work that would take seconds, or wait for ever; a task in its midst that stops it.

#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <stop_token>
#include <utility>
#include <vector>

namespace {

using bobbin::nursery;
using bobbin::task;
using test::in_every_place;
using test::in_every_pool;
using test::until_stopped;

// A tree of 2^depth leaves, none of which listens.
task<void> tree(int depth, std::atomic<int>& leaves, test::gate& growing) {
    if (depth > 0)
        co_await bobbin::when_all(tree(depth - 1, leaves, growing),
                                  tree(depth - 1, leaves, growing));
    else if (leaves.fetch_add(1) == 1000)
        growing.open();
}

constexpr int seconds_of_work = 27;

}  // namespace

TEST_CASE("the pool's stop ends a fork-join tree in which nobody listens") {
    in_every_pool([](test::place& place) {
        std::atomic<int> leaves = 0;
        test::gate growing;
        auto stop = [&]() -> task<void> {
            co_await growing;
            place.pool().stop();
        };
        auto work = [&]() -> task<void> {
            co_await bobbin::when_all(stop(), tree(seconds_of_work, leaves, growing));
        };
        CHECK_THROWS_AS(place.run(work()), bobbin::cancelled);
        CHECK(leaves < 1 << (seconds_of_work - 1));
    });
}

TEST_CASE("the pool's stop ends a wide group in which nobody listens") {
    in_every_pool([](test::place& place) {
        constexpr int width = 200'000;  // milliseconds of work
        std::atomic<int> begun = 0;
        std::atomic<bool> stopped = false;
        auto child = [&]() -> task<void> {
            const int number = begun.fetch_add(1);
            if (number == 1000) {
                place.pool().stop();
                stopped = true;
            }
            // Or they could all be done before that one goes on.
            while (number > 1000 && !stopped) std::this_thread::yield();
            co_return;
        };
        auto work = [&]() -> task<void> {
            std::vector<task<void>> children;
            for (int i = 0; i < width; ++i) children.push_back(child());
            co_await bobbin::when_all(std::move(children));
        };
        CHECK_THROWS_AS(place.run(work()), bobbin::cancelled);
        CHECK(begun < width);
    });
}

namespace {

task<void> nest_scopes(int depth, test::gate& deepest) {
    if (depth == 0) {
        deepest.open();
        co_await until_stopped();
    } else {
        co_await bobbin::scope([depth, &deepest](nursery& children) -> task<void> {
            children.spawn(nest_scopes(depth - 1, deepest));
            co_return;
        });
    }
}

// Each level listens, so that each has a stop source of its own.
task<void> nest_groups(int depth, std::atomic<int>& told, test::gate& deepest) {
    const std::stop_token token = co_await bobbin::this_stop_token();
    const std::stop_callback on_stop(token, [&] { told.fetch_add(1); });
    if (depth == 0) {
        deepest.open();
        co_await until_stopped();
    } else {
        co_await bobbin::when_all(nest_groups(depth - 1, told, deepest));
    }
}

}  // namespace

TEST_CASE("a stop passes through 1000 nested scopes") {
    in_every_place([](test::place& place) {
        test::gate deepest;
        auto body = [&](nursery& children) -> task<int> {
            children.spawn(nest_scopes(1000, deepest));
            co_await deepest;
            children.request_stop();
            co_return 1;
        };
        CHECK(place.run(bobbin::scope(body)) == 1);
    });
}

TEST_CASE("a stop is told at every level of 1000 nested groups") {
    in_every_place([](test::place& place) {
        std::atomic<int> told = 0;
        test::gate deepest;
        auto fail = [&]() -> task<void> {
            co_await deepest;
            throw 42;
        };
        auto work = [&]() -> task<void> {
            co_await bobbin::when_all(nest_groups(1000, told, deepest), fail());
        };
        CHECK_THROWS_AS(place.run(work()), int);
        CHECK(told == 1001);
    });
}
