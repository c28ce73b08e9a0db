// Goal: a wish to stop reaches a task wherever it is suspended, whoever wishes it, and nothing but
// what was to be stopped. Method: every kind of suspension under every kind of stop. A task that is
// not reached would wait for an hour: such a test fails by its time limit.

#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/here.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <stop_token>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::nursery;
using bobbin::task;
using test::in_every_place;
using test::in_every_pool;
using test::until_stopped;

enum class point { foreign, child, tuple, range, race, scope, sleep, timeout };
constexpr std::array points = {point::foreign, point::child, point::tuple, point::range,
                               point::race,    point::scope, point::sleep, point::timeout};

constexpr bool needs_pool(point at) {
    return at == point::sleep || at == point::timeout;
}

task<void> await_child() {
    co_await until_stopped();
}
task<void> await_tuple() {
    co_await bobbin::when_all(until_stopped(), until_stopped());
}
task<void> await_range() {
    std::vector<task<void>> children;
    for (int i = 0; i < 5; ++i) children.push_back(until_stopped());
    co_await bobbin::when_all(std::move(children));
}
task<void> await_race() {
    co_await bobbin::when_any(until_stopped(), until_stopped());
}
task<void> await_scope() {
    co_await bobbin::scope([](nursery& children) -> task<void> {
        children.spawn(until_stopped());
        children.spawn(until_stopped());
        co_return;
    });
}

task<void> suspend_at(point at) {
    switch (at) {
        case point::foreign:
            return until_stopped();
        case point::child:
            return await_child();
        case point::tuple:
            return await_tuple();
        case point::range:
            return await_range();
        case point::race:
            return await_race();
        case point::scope:
            return await_scope();
        case point::sleep:
            return bobbin::sleep_for(1h);
        case point::timeout:
            return bobbin::with_timeout(1h, until_stopped());
    }
    return {};
}

// A task that suspends at one of the points, and what became of it.
struct victim {
    explicit victim(point suspension) noexcept : at(suspension) {}
    point at;
    test::gate begun;
    std::atomic<bool> was_cancelled{false};

    task<void> run() {
        begun.open();
        try {
            co_await suspend_at(at);
        } catch (const bobbin::cancelled&) {
            was_cancelled = true;
            throw;
        }
    }
};

// Calls `test(place, victim)` for every point in every place. The stop comes when the victim has
// begun: before or after it has suspended.
template <class F>
void for_every_point(F test) {
    in_every_place([&](test::place& place) {
        for (const point at : points) {
            if (needs_pool(at) && !place.has_pool()) continue;
            CAPTURE(static_cast<int>(at));
            victim one(at);
            test(place, one);
            CHECK(one.was_cancelled);
        }
    });
}

}  // namespace

TEST_CASE("an error of a sibling reaches a task at every suspension point") {
    for_every_point([](test::place& place, victim& one) {
        auto fail = [&]() -> task<void> {
            co_await one.begun;
            throw 42;
        };
        auto work = [&]() -> task<void> { co_await bobbin::when_all(one.run(), fail()); };
        CHECK_THROWS_AS(place.run(work()), int);
    });
}

TEST_CASE("the end of a rival reaches a task at every suspension point") {
    for_every_point([](test::place& place, victim& one) {
        auto win = [&]() -> task<int> {
            co_await one.begun;
            co_return 1;
        };
        auto work = [&]() -> task<std::size_t> {
            const auto first = co_await bobbin::when_any(one.run(), win());
            co_return first.index;
        };
        CHECK(place.run(work()) == 1);
    });
}

TEST_CASE("a nursery's request_stop reaches its children at every suspension point") {
    for_every_point([](test::place& place, victim& one) {
        auto body = [&](nursery& children) -> task<int> {
            children.spawn(one.run());
            co_await one.begun;
            children.request_stop();
            co_return 7;
        };
        CHECK(place.run(bobbin::scope(body)) == 7);
    });
}

TEST_CASE("an error in a scope reaches its children at every suspension point") {
    for_every_point([](test::place& place, victim& one) {
        auto body = [&](nursery& children) -> task<void> {
            children.spawn(one.run());
            co_await one.begun;
            throw 42;
        };
        CHECK_THROWS_AS(place.run(bobbin::scope(body)), int);
    });
}

TEST_CASE("the stop of the pool reaches a task at every suspension point") {
    for (const point at : points) {
        CAPTURE(static_cast<int>(at));
        in_every_pool([&](test::place& place) {
            victim one(at);
            test::foreign_thread elsewhere;
            auto stop = [&]() -> task<void> {
                co_await one.begun;
                co_await bobbin::here(elsewhere);
                place.pool().stop();
            };
            auto work = [&]() -> task<void> { co_await bobbin::when_all(one.run(), stop()); };
            CHECK_THROWS_AS(place.run(work()), bobbin::cancelled);
            CHECK(one.was_cancelled);
        });
    }
}

TEST_CASE("a limit of time reaches a task at every suspension point") {
    for (const point at : points) {
        CAPTURE(static_cast<int>(at));
        in_every_pool([&](test::place& place) {
            victim one(at);
            CHECK_THROWS_AS(place.run(bobbin::with_timeout(1ms, one.run())), bobbin::timed_out);
            CHECK(one.was_cancelled);
        });
    }
}

TEST_CASE("children that have not begun when the pool is stopped never begin") {
    test::place place(1);
    bool began = false;
    auto child = [&]() -> task<void> {
        began = true;
        co_return;
    };
    auto body = [&](nursery& children) -> task<void> {
        for (int i = 0; i < 10; ++i) children.spawn(child());
        place.pool().stop();
        co_return;
    };
    CHECK_THROWS_AS(place.run(bobbin::scope(body)), bobbin::cancelled);
    CHECK_FALSE(began);
}

TEST_CASE("a task that does not listen ends with its value, although it was asked to stop") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        auto deaf = [&]() -> task<int> {
            place.pool().stop();
            for (int i = 0; i < 10; ++i) co_await elsewhere;
            co_return 5;
        };
        CHECK(place.run(deaf()) == 5);
    });
}

TEST_CASE("a stop inside a task does not stop the task around it") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<bool> {
            const std::stop_token own = co_await bobbin::this_stop_token();
            auto at_once = []() -> task<void> { co_return; };
            co_await bobbin::when_any(until_stopped(), at_once());
            co_await bobbin::scope([](nursery& children) -> task<void> {
                children.request_stop();
                co_return;
            });
            co_await bobbin::sleep_for(1us);
            co_return own.stop_requested();
        };
        CHECK_FALSE(place.run(work()));
    });
}

TEST_CASE("a token that is taken after the stop shows it") {
    in_every_place([](test::place& place) {
        auto is_stopped = []() -> task<bool> {
            co_return (co_await bobbin::this_stop_token()).stop_requested();
        };
        auto body = [&](nursery& children) -> task<bool> {
            const bool before = co_await is_stopped();
            children.request_stop();
            const bool after = co_await is_stopped();
            co_return !before && after;
        };
        CHECK(place.run(bobbin::scope(body)));
    });
}

TEST_CASE("a stop callback of std's is called by the thread that asks for the stop") {
    in_every_place([](test::place& place) {
        test::gate registered;
        auto listen = [&]() -> task<void> {
            const std::stop_token token = co_await bobbin::this_stop_token();
            int calls = 0;
            test::gate asked;
            {
                const std::stop_callback on_stop(token, [&] {
                    ++calls;
                    asked.open();
                });
                registered.open();
                co_await asked;
            }
            CHECK(calls == 1);
            CHECK(token.stop_requested());
        };
        auto body = [&](nursery& children) -> task<void> {
            children.spawn(listen());
            co_await registered;
            children.request_stop();
        };
        place.run(bobbin::scope(body));
    });
}

TEST_CASE("a stop and the end of a sleep may come at the same moment") {
    // The race sought: the timer fires while the stop callback runs, or is being registered.
    in_every_pool([](test::place& place) {
        auto work = []() -> task<int> {
            int rounds = 0;
            for (; rounds < 300; ++rounds) {
                const auto time = std::chrono::microseconds(rounds % 20 * 5);
                std::vector<task<void>> sleepers;
                for (int i = 0; i < 4; ++i) sleepers.push_back(bobbin::sleep_for(time));
                co_await bobbin::when_any(std::move(sleepers));
            }
            co_return rounds;
        };
        CHECK(place.run(work()) == 300);
    });
}
