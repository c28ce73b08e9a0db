// Part of the contract suite (pool_contract.hpp): which errors of ranges of jobs are shown, and
// what they cost.
#pragma once

#include "counting_range.hpp"
#include "ledger.hpp"
#include "pool_contract_maps.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/bind.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace test {

// Fails for three numbers, latest for the lowest of them.
struct fails_late_for_37 {
    int operator()(const std::string& ledger, int i) const {
        record(ledger, i);
        if (i == 37) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (i == 37 || i == 38 || i == 61) throw std::runtime_error(std::to_string(i));
        return i;
    }
};
inline bobbin::task<int> fail_later_for_37(std::string ledger, int i) {
    co_return fails_late_for_37()(ledger, i);
}

}  // namespace test

TEST_CASE_TEMPLATE("map throws the error of the lowest index, whatever the chunk and the speed", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const auto check = [&](auto f) {
            const test::ledger seen;
            const auto job = bobbin::bind(f, seen.path());
            CHECK_THROWS_WITH_AS(
                bobbin::sync_wait(pool.map(job, std::views::iota(0, 100), options)), "37",
                std::runtime_error);
            // Those before it have run, once; none runs on.
            for (int i = 0; i <= 37; ++i)
                if (seen.count(i) != 1) FAIL_CHECK("ran not once: " << i);
            const auto size = seen.size();
            pool.submit(test::doubled(), 1).wait();
            CHECK(seen.size() == size);
        };
        check(test::fails_late_for_37());
        check(bobbin::fn<&test::fail_later_for_37>());
    });
}

TEST_CASE_TEMPLATE("map of an endless range ends with the first error", P, CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const test::ledger seen;
        const auto job = bobbin::bind(test::fails_late_for_37(), seen.path());
        CHECK_THROWS_WITH_AS(bobbin::sync_wait(pool.map(job, std::views::iota(0), options)), "37",
                             std::runtime_error);
    });
}

TEST_CASE_TEMPLATE("after an error map takes no more inputs and begins no later job", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    test::read_count count;
    const auto job = bobbin::bind(test::fails_late_for_37(), seen.path());
    CHECK_THROWS(bobbin::sync_wait(
        pool.map(job, test::counting_range(count, 100'000), {.chunk_size = 1, .window = 8})));
    // While 37 is slow, others go on.
    CHECK(count.taken() < 10'000);
    CHECK(seen.size() <= count.taken());
    if constexpr (!P::concurrent) CHECK(seen.size() == 38);
}

TEST_CASE_TEMPLATE("starmap throws the error of the lowest index too", P, CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const test::ledger seen;
        std::vector<std::tuple<std::string, int>> tuples;
        for (int i = 0; i < 100; ++i) tuples.emplace_back(seen.path(), i);
        CHECK_THROWS_WITH_AS(
            bobbin::sync_wait(pool.starmap(test::fails_late_for_37(), tuples, options)), "37",
            std::runtime_error);
    });
}

TEST_CASE_TEMPLATE("in map_each an error costs only its own result, whatever the chunk", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const auto inputs = test::first_numbers(100);
        const auto ends =
            bobbin::sync_wait(pool.map_each(test::fails_for_thirds(), inputs, options));
        REQUIRE(ends.size() == 100);
        for (int i = 0; i < 100; ++i) {
            const auto& each = ends[static_cast<std::size_t>(i)];
            const bool right = i % 3 == 0 ? test::what_of(each.error()) == std::to_string(i)
                                          : each.has_value() && each.value() == i;
            if (!right) FAIL_CHECK("wrong: " << i);
        }
    });
    const std::vector<bobbin::outcome<void>> procedures = bobbin::sync_wait(
        pool.map_each([](int i) { test::fails_for_thirds()(i); }, std::views::iota(0, 3)));
    REQUIRE(procedures.size() == 3);
    CHECK(!procedures[0]);
    CHECK(procedures[1]);
    CHECK(procedures[2]);
}

TEST_CASE_TEMPLATE("map_reduce throws the first error in order, and leaves nothing running", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const test::ledger seen;
        const auto job = bobbin::bind(test::fails_late_for_37(), seen.path());
        CHECK_THROWS_WITH_AS(
            bobbin::sync_wait(pool.map_reduce(job, std::views::iota(0), std::plus<>(), 0, options)),
            "37", std::runtime_error);
        const auto size = seen.size();
        pool.submit(test::doubled(), 1).wait();
        CHECK(seen.size() == size);
    });
}

TEST_CASE_TEMPLATE("map_reduce throws what the reduction throws", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto add = [](int sum, int next) {
        if (next == 10) throw std::overflow_error("too much");
        return sum + next;
    };
    test::with_all_chunks([&](const bobbin::map_options& options) {
        CHECK_THROWS_WITH_AS(bobbin::sync_wait(pool.map_reduce(test::doubled(), std::views::iota(0),
                                                               add, 0, options)),
                             "too much", std::overflow_error);
    });
}

TEST_CASE_TEMPLATE("what a range throws is the error at that place, and its end", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        test::read_count count;
        CHECK_THROWS_WITH_AS(bobbin::sync_wait(pool.map(
                                 test::doubled(), test::counting_range(count, 100, 20), options)),
                             "range 20", std::runtime_error);
        // A job before it has failed.
        CHECK_THROWS_WITH_AS(
            bobbin::sync_wait(pool.map([](int i) { return test::fails_for_thirds()(i + 5); },
                                       test::counting_range(count, 100, 3), options)),
            "6", std::runtime_error);
        const auto ends = bobbin::sync_wait(
            pool.map_each(test::doubled(), test::counting_range(count, 100, 20), options));
        REQUIRE(ends.size() == 21);
        for (std::size_t i = 0; i < 20; ++i) CHECK(ends[i].value() == 2 * static_cast<int>(i));
        CHECK(test::what_of(ends[20].error()) == "range 20");
    });
}
