// Part of the contract suite (pool_contract.hpp): who is told of a job's end.
#pragma once

#include "ledger.hpp"
#include "pool_places.hpp"

#include <atomic>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

TEST_CASE_TEMPLATE("callbacks are called once, with the ended job, in the order of registration", P,
                   CONTRACT_PLACES) {
    std::vector<int> order;
    bool ended = true;
    {
        const test::ledger seen;
        auto pool = P::make();
        test::waypoint gate;
        if constexpr (!P::concurrent) gate.open();
        const auto job = pool.submit(test::held(), gate.path(), seen.path(), 5);
        for (int i = 0; i < 20; ++i) {
            job.on_done([&, i](const bobbin::job<int>& told) {
                ended = ended && told.status() == bobbin::job_status::done && told.get() == 5;
                order.push_back(i);
            });
        }
        if constexpr (P::concurrent) CHECK(order.empty());
        gate.open();
    }
    std::vector<int> expected(20);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(order == expected);
    CHECK(ended);
}

TEST_CASE_TEMPLATE("a callback that comes late is called at once, on this thread", P,
                   CONTRACT_PLACES) {
    std::thread::id where;
    int times = 0;
    bobbin::job<int> job;
    {
        auto pool = P::make();
        job = pool.submit(test::doubled(), 1);
        // `wait` may return while the pool's thread still tells others; its end does not.
    }
    job.on_done([&](const bobbin::job<int>& ended) {
        where = std::this_thread::get_id();
        times += ended.get();
    });
    CHECK(where == std::this_thread::get_id());
    CHECK(times == 2);
}

TEST_CASE_TEMPLATE("callbacks are told of failed and of cancelled jobs too", P, CONTRACT_PLACES) {
    std::atomic<int> failed = 0;
    std::atomic<int> cancelled = 0;
    const test::ledger seen;  // those held write into it after they are let go
    {
        auto pool = P::make();
        pool.submit(test::fails_for_thirds(), 3).on_done([&](const auto& job) {
            failed += job.failed() ? 1 : 0;
            CHECK_THROWS(job.get());
        });
        if constexpr (P::concurrent) {
            const test::waypoint busy;
            const auto holding = test::hold_all_workers(pool, busy, seen);
            const auto job = pool.submit(test::recorded(), seen.path(), 1);
            job.on_done([&](const auto& told) { cancelled += told.cancelled() ? 1 : 0; });
            CHECK(job.cancel());
        }
    }
    CHECK(failed == 1);
    CHECK(cancelled == (P::concurrent ? 1 : 0));
}

TEST_CASE_TEMPLATE("what a callback throws goes to the error handler and changes nothing else", P,
                   CONTRACT_PLACES) {
    const test::error_log errors;
    std::vector<int> order;
    {
        const test::ledger seen;
        auto pool = P::make();
        test::waypoint gate;
        if constexpr (!P::concurrent) gate.open();
        const auto job = pool.submit(test::held(), gate.path(), seen.path(), 5);
        for (int i = 0; i < 4; ++i) {
            job.on_done([&order, i](const auto&) {
                order.push_back(i);
                if (i % 2 == 0) throw std::runtime_error("callback " + std::to_string(i));
            });
        }
        gate.open();
        CHECK(job.get() == 5);
        CHECK(job.status() == bobbin::job_status::done);
    }
    CHECK(order == std::vector{0, 1, 2, 3});
    CHECK(errors.texts() == std::vector<std::string>{"callback 0", "callback 2"});
}

TEST_CASE_TEMPLATE("a callback may submit again", P, CONTRACT_PLACES) {
    const test::ledger seen;
    constexpr int jobs = 100;
    std::atomic<int> ended = 0;
    {
        auto pool = P::make();
        std::function<void(const bobbin::job<int>&)> next = [&](const bobbin::job<int>& job) {
            const int number = job.get() + 1;
            if (number < jobs) pool.submit(test::recorded(), seen.path(), number).on_done(next);
            ++ended;
            ended.notify_one();
        };
        pool.submit(test::recorded(), seen.path(), 0).on_done(next);
        for (int now = ended; now < jobs; now = ended) ended.wait(now);
    }
    std::vector<int> expected(jobs);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(seen.entries() == expected);
}

TEST_CASE_TEMPLATE("a callback may register another, which is called after those before it", P,
                   CONTRACT_PLACES) {
    std::vector<int> order;
    {
        const test::ledger seen;
        auto pool = P::make();
        test::waypoint gate;
        if constexpr (!P::concurrent) gate.open();
        const auto job = pool.submit(test::held(), gate.path(), seen.path(), 5);
        job.on_done([&order](const bobbin::job<int>& told) {
            order.push_back(1);
            told.on_done([&order](const auto&) { order.push_back(3); });
        });
        job.on_done([&order](const auto&) { order.push_back(2); });
        gate.open();
    }
    if constexpr (P::concurrent)
        CHECK(order == std::vector{1, 2, 3});
    else
        CHECK(order == std::vector{1, 3, 2});  // the job had ended before the first
}

TEST_CASE_TEMPLATE("callbacks registered while the job ends are each called once", P,
                   CONTRACT_PLACES) {
    constexpr int rounds = 500;
    std::atomic<int> called = 0;
    {
        auto pool = P::make();
        for (int i = 0; i < rounds; ++i) {
            const auto job = pool.submit(test::doubled(), i);
            for (int each = 0; each < 4; ++each)
                job.on_done([&](const auto& ended) { called += ended.done() ? 1 : 0; });
        }
    }
    CHECK(called == 4 * rounds);
}
