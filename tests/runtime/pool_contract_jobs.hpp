// Part of the contract suite (pool_contract.hpp): single jobs and their results.
#pragma once

#include "ledger.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/apply.hpp>
#include <bobbin/runtime/bind.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace test {

inline bobbin::task<int> doubled_later(int i) {
    co_return 2 * i;
}
inline bobbin::task<int> fails_later(int i) {
    if (i >= 0) throw std::out_of_range("later " + std::to_string(i));
    co_return i;
}

}  // namespace test

TEST_CASE_TEMPLATE("a job returns what its function does", P, CONTRACT_PLACES) {
    auto pool = P::make();
    CHECK(pool.submit(test::multiplied, 6, 7).get() == 42);
    CHECK(pool.submit([](int i) { return i + 1; }, 1).get() == 2);
    CHECK(pool.submit(test::doubled(), 4).get() == 8);
    CHECK(pool.submit([] { return std::string("text"); }).get() == "text");
    CHECK(pool.submit(bobbin::bind(test::multiplied, 6), 8).get() == 48);
    CHECK(pool.submit(bobbin::apply(test::multiplied), std::tuple(6, 9)).get() == 54);
    const auto nested = bobbin::apply(bobbin::bind(test::multiplied, 5));
    CHECK(pool.submit(nested, std::tuple(5)).get() == 25);
}

TEST_CASE_TEMPLATE("a job that has a value is done, and gives it as often as one likes", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const bobbin::job<std::string> job = pool.submit([] { return std::string("again"); });
    CHECK(job.get() == "again");
    CHECK(&job.get() == &job.get());
    CHECK(job.status() == bobbin::job_status::done);
    CHECK(job.done());
    CHECK(!job.failed());
    CHECK(!job.cancelled());
    job.wait();
}

TEST_CASE_TEMPLATE("a job that threw has failed, and throws that as often as one asks", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const auto job = pool.submit(test::fails_for_thirds(), 6);
    job.wait();
    CHECK_THROWS_WITH_AS(job.get(), "6", std::runtime_error);
    CHECK_THROWS_WITH_AS(job.get(), "6", std::runtime_error);
    CHECK(job.status() == bobbin::job_status::failed);
    CHECK(job.done());
}

TEST_CASE_TEMPLATE("a job that threw `cancelled` has failed, and is not cancelled", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const auto job = pool.submit([]() -> int { throw bobbin::cancelled(); });
    CHECK_THROWS_AS(job.get(), bobbin::cancelled);
    CHECK(job.status() == bobbin::job_status::failed);
    CHECK(!job.cancel());
}

TEST_CASE_TEMPLATE("a job may return nothing", P, CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    const bobbin::job<void> job =
        pool.submit([](const std::string& path) { test::record(path, 1); }, seen.path());
    job.get();
    CHECK(job.status() == bobbin::job_status::done);
    CHECK(seen.size() == 1);
    const bobbin::job<void> failing = pool.submit([] { throw std::runtime_error("nothing"); });
    CHECK_THROWS_WITH_AS(failing.get(), "nothing", std::runtime_error);
}

TEST_CASE_TEMPLATE("a job whose function is a coroutine is what its task ends with", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const bobbin::job<int> job = pool.submit(bobbin::fn<&test::doubled_later>(), 21);
    CHECK(job.get() == 42);
    const auto failing = pool.submit(bobbin::fn<&test::fails_later>(), 3);
    CHECK_THROWS_WITH_AS(failing.get(), "later 3", std::out_of_range);
}

TEST_CASE_TEMPLATE("a job gets copies of its arguments", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto eat = [](std::string&& text) { return std::exchange(text, "").size(); };
    std::string text = "kept";
    const auto first = pool.submit(eat, text);
    text += " here";
    CHECK(first.get() == 4);
    CHECK(pool.submit(eat, text).get() == 9);
    CHECK(text == "kept here");
}

TEST_CASE_TEMPLATE("arguments and results may be movable only", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto next = [](std::unique_ptr<int> number) {
        ++*number;
        return number;
    };
    auto job = pool.submit(next, std::make_unique<int>(1));
    CHECK(*job.get() == 2);
    auto again = [](auto& on, auto one, auto f) -> bobbin::task<int> {
        std::unique_ptr<int> own = co_await std::move(one);
        const std::unique_ptr<int> second = co_await on.run(f, std::move(own));
        co_return *second;
    };
    CHECK(bobbin::sync_wait(again(pool, std::move(job), next)) == 3);
}

TEST_CASE_TEMPLATE("get of a moved job moves the value out, also one that is movable only", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    auto job = pool.submit([] { return std::make_unique<int>(1); });
    const std::unique_ptr<int> own = std::move(job).get();
    CHECK(*own == 1);
    CHECK(job.get() == nullptr);
    CHECK(*pool.submit([] { return std::make_unique<int>(2); }).get() == 2);
    const auto kept = pool.submit([] { return std::string("kept"); });
    CHECK(std::move(kept).get() == "kept");  // NOLINT(performance-move-const-arg): a const one
    CHECK(kept.get() == "kept");
    static_assert(std::is_same_v<decltype(std::move(job).get()), std::unique_ptr<int>>);
    static_assert(std::is_same_v<decltype(job.get()), const std::unique_ptr<int>&>);
    auto nothing = pool.submit([] {});
    std::move(nothing).get();
    CHECK_THROWS_AS(pool.submit(test::fails_for_thirds(), 6).get(), std::runtime_error);
}

TEST_CASE_TEMPLATE("a wait for a job ends with it, or with its time", P, CONTRACT_PLACES) {
    using namespace std::chrono_literals;
    using std::chrono::steady_clock;
    const test::ledger seen;
    auto pool = P::make();
    if constexpr (P::concurrent) {
        test::waypoint at;
        const auto job = pool.submit(test::held(), at.path(), seen.path(), 1);
        CHECK_FALSE(job.wait_for(1ms));
        CHECK_FALSE(job.wait_for(0ns));
        CHECK_FALSE(job.wait_for(std::chrono::hours::min()));
        CHECK_FALSE(job.wait_until(steady_clock::now() + 1ms));
        CHECK_FALSE(job.wait_until(steady_clock::time_point::min()));
        CHECK_FALSE(job.wait_until(std::chrono::system_clock::now() - 1h));
        at.let_go();
        CHECK(job.wait_for(std::chrono::hours::max()));
        at.open();
    }
    const auto job = pool.submit(test::multiplied, 6, 7);
    CHECK(job.wait_for(1h));
    CHECK(job.wait_for(0ns));
    CHECK(job.wait_until(steady_clock::time_point::min()));
    CHECK(job.get() == 42);
    CHECK(pool.submit(test::fails_for_thirds(), 6).wait_until(steady_clock::time_point::max()));
}

TEST_CASE_TEMPLATE("awaiting a job lends its value, awaiting a moved one moves it out", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    auto work = [](auto job) -> bobbin::task<void> {
        const std::vector<int>& lent = co_await job;
        CHECK(lent.size() == 3);
        CHECK(&lent == &(co_await job));
        const std::vector<int> own = co_await std::move(job);
        CHECK(own == std::vector{1, 2, 3});
        CHECK(job.get().empty());
        CHECK(job.status() == bobbin::job_status::done);
    };
    bobbin::sync_wait(work(pool.submit([] { return std::vector{1, 2, 3}; })));
}

TEST_CASE_TEMPLATE("run is a job that the awaiting task waits for", P, CONTRACT_PLACES) {
    auto pool = P::make();
    CHECK(bobbin::sync_wait(pool.run(test::multiplied, 3, 4)) == 12);
    CHECK(bobbin::sync_wait(pool.run(bobbin::fn<&test::doubled_later>(), 4)) == 8);
    bobbin::sync_wait(pool.run([](int) {}, 1));
    CHECK_THROWS_WITH_AS(bobbin::sync_wait(pool.run(test::fails_for_thirds(), 9)), "9",
                         std::runtime_error);
}

TEST_CASE_TEMPLATE("a task of another pool goes on on its own pool", P, CONTRACT_PLACES) {
    auto pool = P::make();
    bobbin::thread_pool own({.threads = 1, .name = "own"});
    auto work = [](auto& on) -> bobbin::task<void> {
        const auto home = std::this_thread::get_id();
        CHECK(co_await on.run(test::doubled(), 1) == 2);
        CHECK(std::this_thread::get_id() == home);
        const std::vector<int> inputs(100, 3);
        const std::vector<int> values = co_await on.map(test::doubled(), inputs);
        CHECK(values == std::vector<int>(100, 6));
        CHECK(std::this_thread::get_id() == home);
        auto results = on.map_stream(test::doubled(), inputs);
        std::size_t read = 0;
        while (auto each = co_await results.next()) {
            CHECK(each->value() == 6);
            ++read;
            if (std::this_thread::get_id() != home) FAIL_CHECK("read elsewhere");
        }
        CHECK(read == inputs.size());
        auto job = on.submit(test::doubled(), 5);
        CHECK(co_await std::move(job) == 10);
        CHECK(std::this_thread::get_id() == home);
    };
    bobbin::sync_wait(own, work(pool));
}

TEST_CASE_TEMPLATE("dropped jobs are run, and the pool's end waits for them", P, CONTRACT_PLACES) {
    const test::ledger seen;
    {
        auto pool = P::make();
        for (int i = 0; i < 300; ++i)
            static_cast<void>(pool.submit(test::recorded(), seen.path(), i));
    }
    CHECK(seen.size() == 300);
}

TEST_CASE_TEMPLATE("a job may outlive its pool", P, CONTRACT_PLACES) {
    bobbin::job<std::string> job;
    CHECK(!job);
    {
        auto pool = P::make();
        job = pool.submit([] { return std::string("kept"); });
        CHECK(job);
    }
    CHECK(job.get() == "kept");
    CHECK(!job.cancel());
}

TEST_CASE_TEMPLATE("the error of a dropped job goes to the error handler, once it is known unseen",
                   P, CONTRACT_PLACES) {
    const test::error_log unseen;
    {
        auto pool = P::make();
        static_cast<void>(pool.submit(test::fails_for_thirds(), 3));
        CHECK(unseen.await(1) == std::vector<std::string>{"3"});
        {
            const auto waited = pool.submit(test::fails_for_thirds(), 6);
            waited.wait();
            CHECK(unseen.texts().size() == 1);
        }
        CHECK(unseen.await(2).back() == "6");
        {
            const auto asked = pool.submit(test::fails_for_thirds(), 9);
            CHECK_THROWS(asked.get());
        }
        auto awaiting = [](auto& on) -> bobbin::task<void> {
            auto job = on.submit(test::fails_for_thirds(), 12);
            try {
                co_await job;
                FAIL_CHECK("it has a value");
            } catch (const std::runtime_error&) {
            }
        };
        bobbin::sync_wait(awaiting(pool));
    }
    CHECK(unseen.texts() == std::vector<std::string>{"3", "6"});
}

TEST_CASE_TEMPLATE("get on a thread of the pool throws instead of waiting for itself", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        std::atomic<bool> refused = false;
        std::atomic<bool> given = false;
        {
            const test::ledger seen;
            auto pool = P::make();
            const test::waypoint first;
            test::waypoint second;
            const auto job = pool.submit(test::held(), first.path(), seen.path(), 1);
            job.on_done([&](const bobbin::job<int>& ended) {
                given = ended.get() == 1;
                const auto other = pool.submit(test::held(), second.path(), seen.path(), 2);
                const auto is_refused = [](auto wait) {
                    try {
                        wait();
                    } catch (const bobbin::would_deadlock&) {
                        return true;
                    }
                    return false;
                };
                refused =
                    is_refused([&] { static_cast<void>(other.get()); }) &&
                    is_refused([&] { other.wait(); }) &&
                    is_refused([&] { static_cast<void>(other.wait_for(std::chrono::hours(1))); });
                test::arrive(second.path());
            });
            first.let_go();
            // The callback's, and the other job's.
            REQUIRE(second.await_arrivals(2));
            second.open();
        }
        CHECK(refused);
        CHECK(given);
    }
}

TEST_CASE_TEMPLATE("a job of high priority overtakes those that wait", P, CONTRACT_PLACES) {
    if constexpr (P::has_priority) {
        const test::ledger seen;
        bool alone = false;
        {
            auto pool = P::make();
            test::waypoint busy;
            alone = pool.size() == 1;
            const auto holding = test::hold_all_workers(pool, busy, seen);
            for (int i = 0; i < 4; ++i)
                static_cast<void>(pool.submit(test::recorded(), seen.path(), i));
            static_cast<void>(pool.submit({.priority = bobbin::priority::high}, test::recorded(),
                                          seen.path(), 9));
            CHECK(seen.size() == 0);
            busy.open();
        }
        auto order = seen.entries();
        std::erase(order, 1'000'000);
        // Several workers take them up at once, and write in any order.
        if (alone) CHECK(order == std::vector{9, 0, 1, 2, 3});
        CHECK(order.size() == 5);
    }
}
