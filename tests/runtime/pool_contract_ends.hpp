// Part of the contract suite (pool_contract.hpp): pools that are closed and stopped.
#pragma once

#include "ledger.hpp"
#include "pool_contract_maps.hpp"
#include "pool_contract_streams.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/bind.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <ranges>
#include <thread>
#include <utility>
#include <vector>

namespace test {

// Every way to hand a pool work throws `pool_closed`.
template <class Pool>
void check_that_it_takes_nothing(Pool& pool) {
    using bobbin::pool_closed;
    using bobbin::sync_wait;
    const std::vector<int> inputs = {1, 2};
    const std::vector<std::pair<int, int>> pairs = {{1, 2}};
    const doubled f;
    CHECK_THROWS_AS(static_cast<void>(pool.submit(f, 1)), pool_closed);
    CHECK_THROWS_AS(sync_wait(pool.run(f, 1)), pool_closed);
    CHECK_THROWS_AS(static_cast<void>(pool.map(f, inputs)), pool_closed);
    CHECK_THROWS_AS(static_cast<void>(pool.map_each(f, inputs)), pool_closed);
    CHECK_THROWS_AS(static_cast<void>(pool.map_stream(f, inputs)), pool_closed);
    CHECK_THROWS_AS(static_cast<void>(pool.map_unordered(f, inputs)), pool_closed);
    CHECK_THROWS_AS(static_cast<void>(pool.starmap(multiplied, pairs)), pool_closed);
    CHECK_THROWS_AS(static_cast<void>(pool.map_reduce(f, inputs, std::plus<>(), 0)), pool_closed);
}

// Threads submit while another ends the pool, with `close` or `stop`, after so many jobs.
template <class P, class End>
void race_with_the_end(std::size_t after, End end) {
    constexpr std::size_t submitters = 2;
    constexpr std::size_t most = 400;  // each
    const ledger seen;
    std::vector<std::vector<bobbin::job<int>>> jobs(submitters);
    std::atomic<std::size_t> callbacks = 0;
    std::atomic<std::size_t> submitted = 0;
    {
        auto pool = P::make();
        std::vector<std::thread> submitting;
        for (auto& own : jobs) {
            submitting.emplace_back([&pool, &own, &seen, &callbacks, &submitted] {
                try {
                    while (own.size() < most) {
                        const auto number = static_cast<int>(own.size());
                        own.push_back(pool.submit(recorded(), seen.path(), number));
                        own.back().on_done([&callbacks](const auto&) { ++callbacks; });
                        ++submitted;
                        submitted.notify_all();
                    }
                } catch (const bobbin::pool_closed&) {
                }
            });
        }
        for (auto now = submitted.load(); now < after; now = submitted) submitted.wait(now);
        end(pool);
        CHECK_THROWS_AS(static_cast<void>(pool.submit(doubled(), 1)), bobbin::pool_closed);
        for (auto& each : submitting) each.join();
    }
    std::size_t done = 0;
    std::size_t cancelled = 0;
    for (const auto& own : jobs) {
        for (const auto& each : own) {
            done += each.status() == bobbin::job_status::done ? 1U : 0U;
            cancelled += each.cancelled() ? 1U : 0U;
        }
    }
    // Nothing is lost, and what is cancelled has not run.
    CHECK(done + cancelled == submitted);
    CHECK(callbacks == submitted);
    CHECK(seen.size() == done);
}

}  // namespace test

TEST_CASE_TEMPLATE("a closed pool takes nothing, and may be closed again", P, CONTRACT_PLACES) {
    auto pool = P::make();
    CHECK(pool.submit(test::doubled(), 1).get() == 2);
    pool.close();
    test::check_that_it_takes_nothing(pool);
    pool.close();
    pool.stop();
    test::check_that_it_takes_nothing(pool);
}

TEST_CASE_TEMPLATE("a stopped pool takes nothing, and may be stopped again", P, CONTRACT_PLACES) {
    auto pool = P::make();
    pool.stop();
    test::check_that_it_takes_nothing(pool);
    pool.stop();
    pool.close();
}

TEST_CASE_TEMPLATE("what a pool took before it was closed runs to its end", P, CONTRACT_PLACES) {
    const test::ledger seen;
    std::vector<bobbin::job<int>> jobs;
    {
        auto pool = P::make();
        test::waypoint busy;
        if constexpr (P::concurrent) jobs = test::hold_all_workers(pool, busy, seen);
        for (int i = 0; i < 100; ++i) jobs.push_back(pool.submit(test::recorded(), seen.path(), i));
        pool.close();
        busy.open();
    }
    for (const auto& each : jobs) CHECK(each.status() == bobbin::job_status::done);
    CHECK(seen.size() == jobs.size());
}

TEST_CASE_TEMPLATE("maps and streams that were made before the pool was closed run to their end", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const auto inputs = test::first_numbers(500);
    auto mapped = pool.map(test::uneven(), inputs);
    auto unordered = pool.map_unordered(test::uneven(), inputs, {.window = 4});
    auto work = [](auto& on, const auto& range) -> bobbin::task<std::size_t> {
        auto results = on.map_stream(test::uneven(), range, {.window = 4});
        std::size_t read = 0;
        while (const auto each = co_await results.next())
            if (++read == 10) on.close();
        co_return read;
    };
    CHECK(bobbin::sync_wait(work(pool, inputs)) == 500);
    CHECK(bobbin::sync_wait(std::move(mapped)) == test::first_numbers(500, 3));
    const auto read =
        bobbin::sync_wait(test::read_stream(std::move(unordered), 1000, test::is_tripled));
    CHECK(read.order.size() == 500);
}

TEST_CASE_TEMPLATE("stopping a pool cancels the jobs that are pending, and no others", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        std::vector<bobbin::job<int>> holding;
        std::vector<bobbin::job<int>> pending;
        {
            auto pool = P::make();
            test::waypoint busy;
            holding = test::hold_all_workers(pool, busy, seen);
            for (int i = 0; i < 100; ++i)
                pending.push_back(pool.submit(test::recorded(), seen.path(), i));
            pool.stop();
            busy.open();
        }
        for (const auto& each : holding) CHECK(each.status() == bobbin::job_status::done);
        for (const auto& each : pending) {
            CHECK(each.status() == bobbin::job_status::cancelled);
            CHECK_THROWS_AS(each.get(), bobbin::cancelled);
        }
        CHECK(seen.size() == holding.size());
    }
}

TEST_CASE_TEMPLATE("stopping a pool asks the jobs that run to stop", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        const test::waypoint gate;
        auto pool = P::make();
        const auto job = pool.submit(test::runs_until_stopped, gate.path(), seen.path(), 1);
        REQUIRE(gate.await_arrivals(1));
        pool.stop();
        CHECK_THROWS_AS(job.get(), bobbin::cancelled);
        CHECK(job.failed());
        CHECK(seen.entries() == std::vector{1, -1});
    }
}

TEST_CASE_TEMPLATE("a map that is not done when its pool is stopped throws cancelled", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        auto pool = P::make();
        bobbin::thread_pool own({.threads = 1});
        test::waypoint gate;
        const auto job = bobbin::bind(test::held(), gate.path(), seen.path());
        const auto mapped =
            own.submit([&] { return pool.map(job, std::views::iota(0, 1000), {.chunk_size = 1}); });
        REQUIRE(gate.await_arrivals(pool.size()));
        pool.stop();
        gate.open();
        CHECK_THROWS_AS(mapped.get(), bobbin::cancelled);
        CHECK(seen.size() == pool.size());
    }
}

TEST_CASE_TEMPLATE("a stream that is not done when its pool is stopped throws cancelled", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    auto work = [](auto& on) -> bobbin::task<std::size_t> {
        auto results = on.map_stream(test::doubled(), std::views::iota(0), {.window = 4});
        std::size_t read = 0;
        for (; read < 1000; ++read) {
            co_await results.next();
            if (read == 10) on.stop();
        }
        co_return read;
    };
    CHECK_THROWS_AS(bobbin::sync_wait(work(pool)), bobbin::cancelled);
}

TEST_CASE_TEMPLATE("each job that is submitted while the pool is closed is refused or done", P,
                   CONTRACT_PLACES) {
    for (const std::size_t after : {0U, 1U, 20U, 100U, 300U}) {
        test::race_with_the_end<P>(after, [](auto& pool) { pool.close(); });
    }
}

TEST_CASE_TEMPLATE(
    "each job that is submitted while the pool is stopped is refused, cancelled or "
    "done",
    P, CONTRACT_PLACES) {
    for (const std::size_t after : {0U, 1U, 20U, 100U, 300U}) {
        test::race_with_the_end<P>(after, [](auto& pool) { pool.stop(); });
    }
}

TEST_CASE_TEMPLATE("each map that is begun while the pool is stopped is refused, cancelled or done",
                   P, CONTRACT_PLACES) {
    for (const std::size_t after : {0U, 1U, 10U, 40U}) {
        auto pool = P::make();
        std::atomic<std::size_t> maps = 0;
        std::size_t wrong = 0;
        std::thread mapping([&] {
            const auto inputs = test::first_numbers(100);
            const auto expected = test::first_numbers(100, 3);
            for (bool open = true; open;) {
                try {
                    if (bobbin::sync_wait(pool.map(test::uneven(), inputs)) != expected) ++wrong;
                } catch (const bobbin::pool_closed&) {
                    open = false;
                } catch (const bobbin::cancelled&) {
                }
                ++maps;
                maps.notify_one();
            }
        });
        for (auto now = maps.load(); now < after; now = maps) maps.wait(now);
        pool.stop();
        mapping.join();
        CHECK(wrong == 0);
    }
}
