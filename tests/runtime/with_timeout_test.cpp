// Goal: with_timeout stops a task when its time is over, and never hides what the task really did.
// Method: limits of an hour, which must not pass, and of nothing, which must; tasks that listen and
// tasks that don't.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <memory>
#include <stdexcept>
#include <support/edge_times.hpp>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::task;
using bobbin::with_timeout;
using test::balanced;
using test::counted;
using test::in_every_pool;
using test::until_stopped;

task<counted> value(int number) {
    co_return counted(number);
}

// Notes the stop, and ends with a value nevertheless.
task<counted> value_when_stopped(int number) {
    try {
        co_await until_stopped();
    } catch (const bobbin::cancelled&) {
    }
    co_return counted(number);
}

task<void> fail_when_stopped() {
    try {
        co_await until_stopped();
    } catch (const bobbin::cancelled&) {
    }
    throw 42;
}

// One that was cancelled before it began.
struct job_of_another_pool {
    job_of_another_pool() : holding(pool.submit([this] { open.wait(false); })) {
        cancelled = pool.submit([] { return 1; });
        CHECK(cancelled.cancel());
    }
    job_of_another_pool(const job_of_another_pool&) = delete;
    job_of_another_pool& operator=(const job_of_another_pool&) = delete;
    ~job_of_another_pool() {
        open = true;
        open.notify_one();
    }

    std::atomic<bool> open = false;
    bobbin::thread_pool pool{{.threads = 1}};
    bobbin::job<void> holding;
    bobbin::job<int> cancelled;
};

}  // namespace

TEST_CASE_FIXTURE(balanced, "a task that ends in time returns its value, whatever its type") {
    in_every_pool([](test::place& place) {
        int object = 0;
        auto reference = [&]() -> task<int&> { co_return object; };
        auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(1); };
        auto nothing = []() -> task<void> { co_return; };
        auto work = [&]() -> task<bool> {
            const counted held = co_await with_timeout(1h, value(3));
            int& same = co_await with_timeout(1h, reference());
            const auto one = co_await with_timeout(1h, pointer());
            co_await with_timeout(1h, nothing());
            co_return held.value == 3 && &same == &object&&* one == 1;
        };
        CHECK(place.run(work()));
        CHECK(counted::copies() == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("a task that listens is cut short: timed_out") {
    in_every_pool([](test::place& place) {
        CHECK_THROWS_AS(place.run(with_timeout(1ms, until_stopped())), bobbin::timed_out);
        CHECK_THROWS_AS(place.run(with_timeout(1ms, bobbin::sleep_for(1h))), bobbin::timed_out);
    });
}

TEST_CASE("timed_out names the limit") {
    in_every_pool([](test::place& place) {
        CHECK_THROWS_WITH_AS(place.run(with_timeout(1ms, until_stopped())),
                             "bobbin: timed out: the limit of 1 ms has passed", bobbin::timed_out);
    });
}

TEST_CASE("a limit that is nothing or negative has passed at once") {
    in_every_pool([](test::place& place) {
        for (const auto limit : tests::times_that_are_over())
            CHECK_THROWS_AS(place.run(with_timeout(limit, until_stopped())), bobbin::timed_out);
        CHECK(place.run(with_timeout(0ns, value(5))).value == 5);
    });
}

TEST_CASE("the longest limits there are do not pass") {
    in_every_pool([](test::place& place) {
        for (const auto limit : tests::times_that_do_not_pass()) {
            CHECK(place.run(with_timeout(limit, value(5))).value == 5);
            auto work = [&]() -> task<void> {
                co_await with_timeout(limit, bobbin::sleep_for(100us));
            };
            place.run(work());
        }
    });
}

TEST_CASE("a limit that is no number is refused by the call") {
    CHECK_THROWS_AS(static_cast<void>(with_timeout(tests::not_a_number, value(5))),
                    std::invalid_argument);
}

TEST_CASE_FIXTURE(balanced, "a value that comes late is still the result") {
    in_every_pool([](test::place& place) {
        CHECK(place.run(with_timeout(1ms, value_when_stopped(4))).value == 4);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("an error is thrown as it is, in time or late") {
    in_every_pool([](test::place& place) {
        auto fail = []() -> task<void> {
            throw std::runtime_error("own");
            co_return;
        };
        CHECK_THROWS_WITH_AS(place.run(with_timeout(1h, fail())), "own", std::runtime_error);
        CHECK_THROWS_AS(place.run(with_timeout(1ms, fail_when_stopped())), int);
    });
}

TEST_CASE("a task that ends as cancelled by itself has not timed out") {
    in_every_pool([](test::place& place) {
        auto cancelled = []() -> task<void> {
            throw bobbin::cancelled();
            co_return;
        };
        CHECK_THROWS_AS(place.run(with_timeout(1h, cancelled())), bobbin::cancelled);
    });
}

// The limit may have passed before, may pass meanwhile, or not at all.
TEST_CASE("a job that was cancelled is cancelled under any limit, at any depth") {
    in_every_pool([](test::place& place) {
        const job_of_another_pool job;
        auto await = [&]() -> task<int> { co_return co_await job.cancelled; };
        auto get = [&]() -> task<int> { co_return job.cancelled.get(); };
        auto beside_others = [&]() -> task<int> {
            auto all = co_await bobbin::when_all(until_stopped(), await());
            co_return std::get<1>(all);
        };
        auto first_of_two = [&]() -> task<int> {
            co_return (co_await bobbin::when_any(await(), await())).index == 0 ? 1 : 2;
        };
        auto child = [&]() -> task<void> { co_await await(); };
        auto body = [&](bobbin::nursery& children) -> task<void> {
            children.spawn(child());
            co_await until_stopped();
        };
        auto in_scope = [&]() -> task<int> {
            co_await bobbin::scope(body);
            co_return 1;
        };
        auto under_another = [&]() -> task<int> { co_return co_await with_timeout(1h, await()); };
        for (const auto limit :
             {-1'000'000ns, 0ns, 1'000ns, 10'000ns, 100'000ns, 3'600'000'000'000ns})
            for (int i = 0; i < 100; ++i) {
                CAPTURE(limit.count());
                CHECK_THROWS_AS(place.run(with_timeout(limit, await())), bobbin::cancelled);
                CHECK_THROWS_AS(place.run(with_timeout(limit, get())), bobbin::cancelled);
                CHECK_THROWS_AS(place.run(with_timeout(limit, under_another())), bobbin::cancelled);
            }
        // Of a group the limit may stop others first, or all before they begin.
        CHECK_THROWS_AS(place.run(with_timeout(1h, first_of_two())), bobbin::cancelled);
        CHECK_THROWS_AS(place.run(with_timeout(1h, beside_others())), bobbin::cancelled);
        CHECK_THROWS_AS(place.run(with_timeout(1h, in_scope())), bobbin::cancelled);
    });
}

TEST_CASE("a job that was cancelled while it ran is cancelled, though the limit has passed") {
    in_every_pool([](test::place& place) {
        bobbin::thread_pool other({.threads = 1});
        auto run = []() -> task<int> {
            co_await until_stopped();
            co_return 1;
        };
        const auto job = other.submit(run);
        while (!job.running()) std::this_thread::yield();
        job.cancel();
        job.wait();
        auto await = [&]() -> task<int> { co_return co_await job; };
        for (int i = 0; i < 100; ++i)
            CHECK_THROWS_AS(place.run(with_timeout(-1ms, await())), bobbin::cancelled);
    });
}

TEST_CASE("a job that is a part of the task is stopped with it, running or not: timed_out") {
    in_every_pool([](test::place& place) {
        auto run = []() -> task<void> { co_await until_stopped(); };
        bobbin::thread_pool free({.threads = 1});
        CHECK_THROWS_AS(place.run(with_timeout(1ms, free.run(run))), bobbin::timed_out);
        job_of_another_pool busy;
        CHECK_THROWS_AS(place.run(with_timeout(1ms, busy.pool.run(run))), bobbin::timed_out);
    });
}

TEST_CASE("the stop of the task around is no time-out") {
    in_every_pool([](test::place& place) {
        test::gate begun;
        bool was_cancelled = false;
        auto inner = [&]() -> task<void> {
            begun.open();
            co_await until_stopped();
        };
        auto limited = [&]() -> task<void> {
            try {
                co_await with_timeout(1h, inner());
            } catch (const bobbin::cancelled&) {
                was_cancelled = true;
                throw;
            }
        };
        auto fail = [&]() -> task<void> {
            co_await begun;
            throw 42;
        };
        auto work = [&]() -> task<void> { co_await bobbin::when_all(limited(), fail()); };
        CHECK_THROWS_AS(place.run(work()), int);
        CHECK(was_cancelled);
    });
}

TEST_CASE(
    "where the limit has passed and the task around was stopped, that is no time-out either") {
    in_every_pool([](test::place& place) {
        test::gate passed;
        test::gate stopped;
        bool was_cancelled = false;
        auto inner = [&]() -> task<void> {
            try {
                co_await until_stopped();
            } catch (const bobbin::cancelled&) {
                passed.open();
            }
            co_await stopped;
            throw bobbin::cancelled();
        };
        auto limited = [&]() -> task<void> {
            try {
                co_await with_timeout(1ms, inner());
            } catch (const bobbin::cancelled&) {
                was_cancelled = true;
            }
        };
        auto body = [&](bobbin::nursery& children) -> task<void> {
            children.spawn(limited());
            co_await passed;
            children.request_stop();
            stopped.open();
        };
        place.run(bobbin::scope(body));
        CHECK(was_cancelled);
    });
}

TEST_CASE("of nested limits the one that passes is the one that throws") {
    in_every_pool([](test::place& place) {
        enum class seen { nothing, timed_out, cancelled };
        auto limited = [](std::chrono::nanoseconds limit, seen& what) -> task<void> {
            try {
                co_await with_timeout(limit, until_stopped());
            } catch (const bobbin::timed_out&) {
                what = seen::timed_out;
                throw;
            } catch (const bobbin::cancelled&) {
                what = seen::cancelled;
                throw;
            }
        };
        seen inner = seen::nothing;
        CHECK_THROWS_AS(place.run(with_timeout(1h, limited(1ms, inner))), bobbin::timed_out);
        CHECK(inner == seen::timed_out);
        CHECK_THROWS_AS(place.run(with_timeout(1ms, limited(1h, inner))), bobbin::timed_out);
        CHECK(inner == seen::cancelled);
    });
}

TEST_CASE("a group under a limit is stopped to its leaves, and awaited") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        std::atomic<int> running = 0;
        auto leaf = [&]() -> task<void> {
            running.fetch_add(1);
            try {
                co_await until_stopped();
            } catch (const bobbin::cancelled&) {
            }
            co_await elsewhere;
            running.fetch_sub(1);
            throw bobbin::cancelled();
        };
        auto group = [&]() -> task<void> {
            std::vector<task<void>> leaves;
            for (int i = 0; i < 10; ++i) leaves.push_back(leaf());
            co_await bobbin::when_all(std::move(leaves));
        };
        CHECK_THROWS_AS(place.run(with_timeout(1ms, group())), bobbin::timed_out);
        CHECK(running == 0);
    });
}

TEST_CASE("a limit that did not pass leaves nothing for the pool to wait for") {
    // A timer of an hour that was left behind would let the destructor wait for it.
    in_every_pool([](test::place& place) {
        auto work = []() -> task<void> {
            for (int i = 0; i < 100; ++i) co_await with_timeout(1h, value(i));
        };
        place.run(work());
    });
}

TEST_CASE("the limit may pass at the moment when the task ends") {
    in_every_pool([](test::place& place) {
        auto work = []() -> task<int> {
            int rounds = 0;
            for (; rounds < 300; ++rounds) {
                try {
                    co_await with_timeout(std::chrono::microseconds(rounds % 20 * 5),
                                          bobbin::sleep_for(50us));
                } catch (const bobbin::timed_out&) {
                }
            }
            co_return rounds;
        };
        CHECK(place.run(work()) == 300);
    });
}

TEST_CASE_FIXTURE(balanced, "without a pool there is no time: no_pool, and the task never begins") {
    bool began = false;
    auto work = [&](counted) -> task<void> {
        began = true;
        co_return;
    };
    CHECK_THROWS_AS(bobbin::sync_wait(with_timeout(1h, work(counted()))), bobbin::no_pool);
    CHECK_FALSE(began);
}

TEST_CASE("a limit for an empty task throws std::logic_error") {
    in_every_pool([](test::place& place) {
        CHECK_THROWS_AS(place.run(with_timeout(1h, task<int>())), std::logic_error);
    });
}
