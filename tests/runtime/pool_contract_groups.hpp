// Part of the contract suite (pool_contract.hpp): waiting for several jobs.
#pragma once

#include "ledger.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/as_completed.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace test {

inline bobbin::task<std::vector<std::size_t>> read_all(bobbin::completion_stream ended) {
    std::vector<std::size_t> order;
    while (const auto each = co_await ended.next()) order.push_back(*each);
    co_return order;
}

template <class Pool>
std::vector<bobbin::job<int>> submit_some(Pool& pool, int count) {
    std::vector<bobbin::job<int>> jobs;
    for (int i = 0; i < count; ++i) jobs.push_back(pool.submit(fails_for_thirds(), i));
    return jobs;
}

}  // namespace test

TEST_CASE_TEMPLATE("as_completed gives each position once, also when the jobs are dropped", P,
                   CONTRACT_PLACES) {
    const test::error_log unseen;
    auto pool = P::make();
    auto jobs = test::submit_some(pool, 200);
    auto ended = bobbin::as_completed(jobs);
    jobs.clear();
    auto order = bobbin::sync_wait(test::read_all(std::move(ended)));
    std::ranges::sort(order);
    std::vector<std::size_t> expected(200);
    std::iota(expected.begin(), expected.end(), 0U);
    CHECK(order == expected);
}

TEST_CASE_TEMPLATE("as_completed gives first what has ended, then what ends, in that order", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        auto pool = P::make();
        const std::array<test::waypoint, 3> gates;
        std::vector<bobbin::job<int>> jobs;
        if (pool.size() < gates.size()) return;
        for (const auto& gate : gates)
            jobs.push_back(pool.submit(test::held(), gate.path(), seen.path(), 1));
        gates[2].let_go();
        jobs[2].wait();
        auto work = [&]() -> bobbin::task<std::vector<std::size_t>> {
            auto ended = bobbin::as_completed(jobs);
            std::vector<std::size_t> order;
            while (const auto each = co_await ended.next()) {
                order.push_back(*each);
                if (order.size() < gates.size()) gates.at(2 - order.size()).let_go();
            }
            co_return order;
        };
        bobbin::thread_pool own({.threads = 1});
        CHECK(bobbin::sync_wait(own, work()) == std::vector<std::size_t>{2, 1, 0});
    }
}

TEST_CASE_TEMPLATE("as_completed of no jobs ends at once", P, CONTRACT_PLACES) {
    const std::vector<bobbin::job<int>> none;
    CHECK(bobbin::sync_wait(test::read_all(bobbin::as_completed(none))).empty());
}

TEST_CASE_TEMPLATE("as_completed that is no longer read leaves the jobs running", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    for (int round = 0; round < 20; ++round) {
        const auto jobs = test::submit_some(pool, 50);
        auto work = [&]() -> bobbin::task<void> {
            auto ended = bobbin::as_completed(jobs);
            co_await ended.next();
        };
        bobbin::sync_wait(work());
        CHECK(jobs.back().get() == 49);
        for (const auto& each : jobs) each.wait();
        for (const auto& each : jobs)
            if (each.failed()) CHECK_THROWS(each.get());
    }
}

TEST_CASE_TEMPLATE("wait_any gives the position of a job that has ended", P, CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    test::waypoint gate;
    std::vector<bobbin::job<int>> jobs;
    if constexpr (P::concurrent) {
        if (pool.size() > 1) jobs.push_back(pool.submit(test::held(), gate.path(), seen.path(), 1));
    }
    jobs.push_back(pool.submit(test::doubled(), 1));
    CHECK(bobbin::sync_wait(bobbin::wait_any(jobs)) == jobs.size() - 1);
    gate.open();
}

TEST_CASE_TEMPLATE("wait_any of no jobs says that it would never end", P, CONTRACT_PLACES) {
    const std::vector<bobbin::job<int>> none;
    CHECK_THROWS_AS(bobbin::sync_wait(bobbin::wait_any(none)), std::invalid_argument);
}

TEST_CASE_TEMPLATE("wait_all waits for every job, whatever it ends with", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto jobs = test::submit_some(pool, 200);
    bobbin::sync_wait(bobbin::wait_all(jobs));
    std::size_t failed = 0;
    for (const auto& each : jobs) {
        CHECK(each.done());
        if (!each.failed()) continue;
        ++failed;
        CHECK_THROWS(each.get());
    }
    CHECK(failed == 67);
    bobbin::sync_wait(bobbin::wait_all(std::vector<bobbin::job<int>>()));
}

TEST_CASE_TEMPLATE("waiting for several jobs ends when it is asked to stop; the jobs run on", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    bobbin::thread_pool own({.threads = 1, .name = "own"});
    const test::waypoint gate;
    std::vector<bobbin::job<int>> jobs;
    jobs.push_back(pool.submit(test::runs_until_stopped, gate.path(), seen.path(), 1));
    REQUIRE(gate.await_arrivals(1));
    const auto any = own.submit([&] { return bobbin::wait_any(jobs); });
    const auto all = own.submit([&] { return bobbin::wait_all(jobs); });
    const auto reading = own.submit([&] { return test::read_all(bobbin::as_completed(jobs)); });
    while (!any.running() || !all.running() || !reading.running()) std::this_thread::yield();
    CHECK(!any.cancel());
    CHECK(!all.cancel());
    CHECK(!reading.cancel());
    CHECK_THROWS_AS(any.get(), bobbin::cancelled);
    CHECK_THROWS_AS(all.get(), bobbin::cancelled);
    CHECK_THROWS_AS(reading.get(), bobbin::cancelled);
    CHECK(jobs.front().running());
    jobs.front().cancel();
    CHECK_THROWS_AS(jobs.front().get(), bobbin::cancelled);
}
