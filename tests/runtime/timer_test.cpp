// Goal: a sleep lasts at least its time, ends exactly once, and can be stopped at any moment.
// Method: lower bounds of the time only (a machine may always be late); sleeps of an hour and of
// all time there is, which only a stop can end; stops that come while sleeps expire.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <optional>
#include <stdexcept>
#include <support/edge_times.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::nursery;
using bobbin::sleep_for;
using bobbin::sleep_until;
using bobbin::task;
using test::in_every_pool;
using clock = std::chrono::steady_clock;

void spin_until(clock::time_point then) {
    while (clock::now() < then) {
    }
}

// How many sleeps ended, and how.
struct tally {
    std::atomic<int> begun = 0;
    std::atomic<int> slept = 0;
    std::atomic<int> stopped = 0;

    task<void> sleep(std::chrono::nanoseconds duration) {
        const test::counted in_frame;
        ++begun;
        try {
            co_await sleep_for(duration);
        } catch (const bobbin::cancelled&) {
            ++stopped;
            throw;
        }
        ++slept;
    }
};

}  // namespace

TEST_CASE("a sleep lasts at least its time") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<void> {
            for (const auto duration : {1ns, 1000ns, 100'000ns, 3'000'000ns}) {
                const auto begin = clock::now();
                co_await sleep_for(duration);
                CHECK(clock::now() - begin >= duration);
                const auto deadline = clock::now() + duration;
                co_await sleep_until(deadline);
                CHECK(clock::now() >= deadline);
            }
        };
        place.run(work());
    });
}

TEST_CASE("many sleeps at once last at least their times, each its own") {
    in_every_pool([](test::place& place) {
        std::atomic<int> early = 0;
        auto one = [&](std::chrono::nanoseconds duration) -> task<void> {
            const auto begin = clock::now();
            co_await sleep_for(duration);
            if (clock::now() - begin < duration) ++early;
        };
        auto work = [&]() -> task<void> {
            std::vector<task<void>> sleepers;
            for (int i = 0; i < 2000; ++i) sleepers.push_back(one(i * 7919 % 5000 * 1us));
            co_await bobbin::when_all(std::move(sleepers));
        };
        place.run(work());
        CHECK(early == 0);
    });
}

TEST_CASE("the time of a sleep counts from its await") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<void> {
            auto sleep = sleep_for(10ms);
            spin_until(clock::now() + 12ms);
            const auto begin = clock::now();
            co_await std::move(sleep);
            CHECK(clock::now() - begin >= 10ms);
        };
        place.run(work());
    });
}

TEST_CASE("a sleep that nobody awaits is nothing") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<void> {
            static_cast<void>(sleep_for(1h));
            co_return;
        };
        place.run(work());
    });
    static_cast<void>(sleep_for(1h));
}

// A suspension would let the sibling run: there is one thread.
TEST_CASE("a sleep of no time or less does not suspend") {
    test::place place(1);
    bool sibling_began = false;
    auto sibling = [&]() -> task<void> {
        sibling_began = true;
        co_return;
    };
    auto body = [&](nursery& children) -> task<void> {
        children.spawn(sibling());
        for (const auto duration : tests::times_that_are_over()) co_await sleep_for(duration);
        for (const auto moment : tests::moments_that_have_passed()) co_await sleep_until(moment);
        CHECK(!sibling_began);
    };
    auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
    place.run(work());
    CHECK(sibling_began);
}

TEST_CASE("the longest sleeps there are begin, and can be stopped") {
    in_every_pool([](test::place& place) {
        auto begin = []() -> task<int> { co_return 1; };
        auto work = [&]() -> task<void> {
            // The sleep begins first, wherever the other runs.
            for (const auto duration : tests::times_that_do_not_pass())
                CHECK((co_await bobbin::when_any(sleep_for(duration), begin())).index == 1);
            for (const auto moment : tests::moments_that_do_not_come())
                CHECK((co_await bobbin::when_any(sleep_until(moment), begin())).index == 1);
        };
        place.run(work());
    });
}

TEST_CASE("a sleep whose time is no number is refused by the call") {
    CHECK_THROWS_AS(static_cast<void>(sleep_for(tests::not_a_number)), std::invalid_argument);
    const auto moment = std::chrono::time_point<std::chrono::system_clock, tests::real_seconds>(
        tests::not_a_number);
    CHECK_THROWS_AS(static_cast<void>(sleep_until(moment)), std::invalid_argument);
}

TEST_CASE("a sleep until a moment of the calendar lasts until the calendar says so") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<void> {
            const auto begin = clock::now();
            co_await sleep_until(std::chrono::system_clock::now() + 10ms);
            CHECK(clock::now() - begin >= 9ms);
        };
        place.run(work());
    });
}

TEST_CASE("a long sleep keeps no short one waiting") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<void> {
            std::vector<task<void>> sleepers;
            for (int i = 0; i < 50; ++i) sleepers.push_back(sleep_for(1h));
            sleepers.push_back(sleep_for(1ms));
            CHECK((co_await bobbin::when_any(std::move(sleepers))).index == 50);
        };
        place.run(work());
    });
}

TEST_CASE("in a task that was stopped already, a sleep of any length is cancelled at once") {
    in_every_pool([](test::place& place) {
        int cancelled = 0;
        auto body = [&](nursery& children) -> task<void> {
            children.request_stop();
            for (const auto duration :
                 {std::chrono::nanoseconds::max(), 3'600'000'000'000ns, 0ns}) {
                try {
                    co_await sleep_for(duration);
                } catch (const bobbin::cancelled&) {
                    ++cancelled;
                }
            }
        };
        auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
        place.run(work());
        CHECK(cancelled == 3);
    });
}

TEST_CASE("without a pool there is no sleep: no_pool") {
    CHECK_THROWS_AS(bobbin::sync_wait(sleep_for(1ns)), bobbin::no_pool);
    CHECK_THROWS_AS(bobbin::sync_wait(sleep_for(1h)), bobbin::no_pool);
    CHECK_THROWS_AS(bobbin::sync_wait(sleep_until(clock::now())), bobbin::no_pool);
}

TEST_CASE("a task goes on on its pool after a sleep") {
    in_every_pool([](test::place& place) {
        auto work = [&]() -> task<void> {
            for (int i = 0; i < 20; ++i) {
                co_await sleep_for(50us);
                CHECK(place.pool().get_executor().running_in_this_thread());
            }
        };
        place.run(work());
    });
}

TEST_CASE_FIXTURE(test::balanced, "sleeps that are stopped while they expire end once each") {
    in_every_pool([](test::place& place) {
        constexpr int sleepers = 200;
        for (int round = 0; round < 40; ++round) {
            CAPTURE(round);
            tally ended;
            test::gate stop_asked;
            std::atomic<nursery*> to_stop = nullptr;
            // From a foreign thread, as any thread may; the stop hits early and late in the sleeps.
            std::thread stopper([&] {
                to_stop.wait(nullptr);
                spin_until(clock::now() + round * 50us);
                to_stop.load()->request_stop();
                stop_asked.open();
            });
            auto body = [&](nursery& children) -> task<void> {
                to_stop = &children;
                to_stop.notify_one();
                for (int i = 0; i < sleepers; ++i) children.spawn(ended.sleep(i * 10us));
                // The scope must be open when it is stopped.
                co_await stop_asked;
            };
            auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
            place.run(work());
            stopper.join();
            // Those that had not begun never do.
            CHECK(ended.slept + ended.stopped == ended.begun);
            CHECK(ended.begun <= sleepers);
            CHECK(test::counted::alive() == 0);
        }
    });
}

TEST_CASE_FIXTURE(test::balanced, "two sleeps of the same time race, and both end once") {
    in_every_pool([](test::place& place) {
        tally ended;
        auto work = [&]() -> task<void> {
            for (int i = 0; i < 300; ++i) {
                const auto duration = i % 10 * 10us;
                co_await bobbin::when_any(ended.sleep(duration), ended.sleep(duration));
            }
        };
        place.run(work());
        // A loser that had not begun never does.
        CHECK(ended.slept >= 300);
        CHECK(ended.slept + ended.stopped == ended.begun);
        CHECK(ended.begun <= 600);
        CHECK(test::counted::alive() == 0);
    });
}

TEST_CASE_FIXTURE(test::balanced, "all that sleep end when the pool is stopped, and it ends") {
    for (const unsigned threads : {1U, 2U, 7U}) {
        CAPTURE(threads);
        constexpr int sleepers = 500;
        tally ended;
        std::atomic<int> begun = 0;
        test::gate all_begun;
        auto sleeper = [&]() -> task<void> {
            if (begun.fetch_add(1) + 1 == sleepers) all_begun.open();
            co_await ended.sleep(1h);
        };
        {
            test::place place(threads);
            for (int i = 0; i < sleepers; ++i) place.pool().spawn(sleeper());
            auto wait = [&]() -> task<void> { co_await all_begun; };
            place.run(wait());
            place.pool().stop();
        }
        CHECK(ended.slept == 0);
        CHECK(ended.stopped == sleepers);
    }
}

TEST_CASE_FIXTURE(test::balanced, "a pool's end waits for those that sleep") {
    tally ended;
    {
        test::place place(2);
        for (int i = 0; i < 100; ++i) place.pool().spawn(ended.sleep(i * 100us));
    }
    CHECK(ended.slept == 100);
}
