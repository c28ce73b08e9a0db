// Part of the contract suite (pool_contract.hpp): cancelling is exact.
#pragma once

#include "ledger.hpp"
#include "pool_places.hpp"

#include <atomic>
#include <cstddef>
#include <random>
#include <thread>
#include <utility>
#include <vector>

TEST_CASE_TEMPLATE("a pending job that is cancelled never runs", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        {
            auto pool = P::make();
            test::waypoint busy;
            const auto holding = test::hold_all_workers(pool, busy, seen);
            const auto job = pool.submit(test::recorded(), seen.path(), 1);
            const auto other = pool.submit(test::recorded(), seen.path(), 2);
            CHECK(job.pending());
            CHECK(job.cancel());
            CHECK(job.status() == bobbin::job_status::cancelled);
            CHECK(job.done());
            CHECK(job.cancelled());
            CHECK(job.cancel());  // still true
            CHECK_THROWS_AS(job.get(), bobbin::cancelled);
            busy.open();
            CHECK(other.get() == 2);
        }
        CHECK(!seen.has(1));
        CHECK(seen.has(2));
    }
}

TEST_CASE_TEMPLATE("a job that runs or has run is not cancelled", P, CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    test::waypoint gate;
    if constexpr (P::concurrent) {
        const auto job = pool.submit(test::held(), gate.path(), seen.path(), 1);
        REQUIRE(gate.await_arrivals(1));
        CHECK(job.running());
        CHECK(!job.cancel());
        CHECK(job.running());
        gate.open();
        CHECK(job.get() == 1);
        CHECK(!job.cancelled());
    }
    const auto job = pool.submit(test::recorded(), seen.path(), 2);
    job.wait();
    CHECK(!job.cancel());
    CHECK(job.status() == bobbin::job_status::done);
    CHECK(job.get() == 2);
}

TEST_CASE_TEMPLATE("cancelling a coroutine that runs asks it to stop; what it does then counts", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    const test::waypoint gate;
    const auto job = pool.submit(test::runs_until_stopped, gate.path(), seen.path(), 3);
    REQUIRE(gate.await_arrivals(1));
    CHECK(job.running());
    CHECK(!job.cancel());
    CHECK_THROWS_AS(job.get(), bobbin::cancelled);
    CHECK(job.status() == bobbin::job_status::failed);
    CHECK(seen.entries() == std::vector{3, -3});
}

TEST_CASE_TEMPLATE("a job that a stopped task runs is cancelled with it, and waited for", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    bobbin::thread_pool own({.threads = 1, .name = "own"});
    {
        const test::waypoint gate;
        const auto awaiting = own.submit(
            [&] { return pool.run(test::runs_until_stopped, gate.path(), seen.path(), 1); });
        REQUIRE(gate.await_arrivals(1));
        CHECK(!awaiting.cancel());
        CHECK_THROWS_AS(awaiting.get(), bobbin::cancelled);
        CHECK(seen.entries() == std::vector{1, -1});
    }
    if constexpr (P::concurrent) {
        test::waypoint busy;
        const auto holding = test::hold_all_workers(pool, busy, seen);
        const auto awaiting =
            own.submit([&] { return pool.run(test::recorded(), seen.path(), 2); });
        // Its turn is over once the job was submitted.
        own.submit([] {}).get();
        CHECK(!awaiting.cancel());
        CHECK_THROWS_AS(awaiting.get(), bobbin::cancelled);
        busy.open();
        for (const auto& each : holding) each.wait();
        CHECK(!seen.has(2));
    }
}

TEST_CASE_TEMPLATE("who awaits a job and is asked to stop leaves it running", P, CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    bobbin::thread_pool own({.threads = 1, .name = "own"});
    const test::waypoint gate;
    const auto job = pool.submit(test::runs_until_stopped, gate.path(), seen.path(), 1);
    REQUIRE(gate.await_arrivals(1));
    const auto awaiting = own.submit([&]() -> bobbin::task<int> {
        const int value = co_await job;
        co_return value;
    });
    own.submit([] {}).get();
    CHECK(!awaiting.cancel());
    CHECK_THROWS_AS(awaiting.get(), bobbin::cancelled);
    CHECK(job.running());
    job.cancel();
    CHECK_THROWS_AS(job.get(), bobbin::cancelled);
    CHECK(seen.has(-1));
}

TEST_CASE_TEMPLATE("of thousands of jobs, those cancelled are those that have not run", P,
                   CONTRACT_PLACES) {
    constexpr std::size_t count = 3000;
    const test::ledger seen;
    std::vector<bobbin::job<int>> jobs(count);
    std::vector<std::atomic<bool>> told(count);
    {
        auto pool = P::make();
        std::atomic<std::size_t> submitted = 0;
        std::thread canceller([&] {
            std::mt19937 random(4711);
            for (std::size_t next = 0; next < count;) {
                const std::size_t until = submitted.load(std::memory_order_acquire);
                if (until == next) submitted.wait(until);
                for (; next < until; ++next)
                    if (random() % 2 == 0 && jobs[next].cancel()) told[next] = true;
            }
        });
        for (std::size_t i = 0; i < count; ++i) {
            jobs[i] = pool.submit(test::recorded(), seen.path(), static_cast<int>(i));
            submitted.store(i + 1, std::memory_order_release);
            submitted.notify_one();
        }
        canceller.join();
    }
    std::vector<int> runs(count);
    for (const int each : seen.entries()) ++runs[static_cast<std::size_t>(each)];
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool cancelled = jobs[i].status() == bobbin::job_status::cancelled;
        const bool done = jobs[i].status() == bobbin::job_status::done;
        if (cancelled != told[i] || done != (runs[i] == 1) || cancelled != (runs[i] == 0)) ++wrong;
    }
    CHECK(wrong == 0);
}
