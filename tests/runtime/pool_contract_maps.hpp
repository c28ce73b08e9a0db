// Part of the contract suite (pool_contract.hpp): a job for each element of a range.
#pragma once

#include "counting_range.hpp"
#include "ledger.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/bind.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <numeric>
#include <ranges>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace test {

// Calls `test(options)` for chunks of one job, of some, of as many as the pool likes, and more than
// there are; with and without a window.
template <class F>
void with_all_chunks(F test) {
    for (const std::size_t chunk :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}, bobbin::automatic}) {
        for (const std::size_t window : {std::size_t{1}, std::size_t{5}, bobbin::automatic}) {
            CAPTURE(chunk);
            CAPTURE(window);
            test(bobbin::map_options{.chunk_size = chunk, .window = window});
        }
    }
}

// Takes longer for some, so that jobs end in another order than they began in.
struct uneven {
    int operator()(int i) const {
        if (i % 7 == 0)
            for (int turn = 0; turn < 5; ++turn) std::this_thread::yield();
        return 3 * i;
    }
};

inline bobbin::task<int> tripled_later(int i) {
    co_return 3 * i;
}

inline std::vector<int> first_numbers(int count, int factor = 1) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(factor * i);
    return numbers;
}

struct joined {
    std::string operator()(std::string so_far, const std::string& next) const {
        return std::move(so_far) + next;
    }
};
struct in_brackets {
    std::string operator()(int i) const { return '(' + std::to_string(uneven()(i)) + ')'; }
};

}  // namespace test

TEST_CASE_TEMPLATE("map gives the results in the order of the inputs, whatever the chunk", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        for (const int count : {0, 1, 2, 100, 333}) {
            CAPTURE(count);
            const auto inputs = test::first_numbers(count);
            CHECK(bobbin::sync_wait(pool.map(test::uneven(), inputs, options)) ==
                  test::first_numbers(count, 3));
        }
        const auto inputs = test::first_numbers(100);
        CHECK(bobbin::sync_wait(pool.map(bobbin::fn<&test::tripled_later>(), inputs, options)) ==
              test::first_numbers(100, 3));
    });
}

TEST_CASE_TEMPLATE("map runs each job once, also if it returns nothing", P, CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const test::ledger seen;
        const auto procedure = bobbin::bind(
            [](const std::string& path, int i) { test::record(path, i); }, seen.path());
        bobbin::sync_wait(pool.map(procedure, std::views::iota(0, 100), options));
        auto entries = seen.entries();
        std::ranges::sort(entries);
        CHECK(entries == test::first_numbers(100));
    });
}

TEST_CASE_TEMPLATE("map takes any range: lists, views, streams that can be read once", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const std::list<int> list = {1, 2, 3};
    CHECK(bobbin::sync_wait(pool.map(test::doubled(), list)) == std::vector{2, 4, 6});
    std::istringstream text("4 5 6");
    CHECK(bobbin::sync_wait(pool.map(test::doubled(), std::views::istream<int>(text))) ==
          std::vector{8, 10, 12});
    const auto odd = [](int i) { return i % 2 == 1; };
    CHECK(bobbin::sync_wait(
              pool.map(test::doubled(), std::views::iota(0, 6) | std::views::filter(odd))) ==
          std::vector{2, 6, 10});
    CHECK(bobbin::sync_wait(pool.map(test::doubled(), std::array{1, 2})) == std::vector{2, 4});
}

TEST_CASE_TEMPLATE("map leaves the elements of an lvalue range alone, and begins when awaited", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const auto eat = [](std::string&& text) { return std::exchange(text, "").size(); };
    std::vector<std::string> words = {"one", "three"};
    auto mapped = pool.map(eat, words);
    words[0] = "changed";
    CHECK(bobbin::sync_wait(std::move(mapped)) == std::vector<std::size_t>{7, 5});
    CHECK(words == std::vector<std::string>{"changed", "three"});
}

TEST_CASE_TEMPLATE("inputs and results of map may be movable only", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto next = [](std::unique_ptr<int> number) {
        ++*number;
        return number;
    };
    test::with_all_chunks([&](const bobbin::map_options& options) {
        auto inputs = std::views::iota(0, 50) |
                      std::views::transform([](int i) { return std::make_unique<int>(i); });
        const auto results = bobbin::sync_wait(pool.map(next, inputs, options));
        REQUIRE(results.size() == 50);
        int expected = 0;
        for (const auto& each : results) CHECK(*each == ++expected);
    });
}

TEST_CASE_TEMPLATE("starmap gives the elements of each tuple as arguments", P, CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        std::vector<std::tuple<int, int>> tuples;
        for (int i = 0; i < 50; ++i) tuples.emplace_back(i, 3);
        CHECK(bobbin::sync_wait(pool.starmap(test::multiplied, tuples, options)) ==
              test::first_numbers(50, 3));
    });
    const std::vector<std::pair<int, int>> pairs = {{6, 7}, {6, 8}};
    CHECK(bobbin::sync_wait(pool.starmap(test::multiplied, pairs)) == std::vector{42, 48});
    const test::ledger seen;
    const std::vector<std::tuple<std::string, int>> notes = {{seen.path(), 1}, {seen.path(), 2}};
    bobbin::sync_wait(pool.starmap(
        [](const std::string& path, int number) { test::record(path, number); }, notes));
    CHECK(seen.size() == 2);
}

TEST_CASE_TEMPLATE("map_reduce reduces from the left, in the order of the inputs", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    std::string expected = "begin";
    for (int i = 0; i < 100; ++i) expected += test::in_brackets()(i);
    test::with_all_chunks([&](const bobbin::map_options& options) {
        CHECK(bobbin::sync_wait(pool.map_reduce(test::in_brackets(), std::views::iota(0, 100),
                                                test::joined(), std::string("begin"), options)) ==
              expected);
    });
    CHECK(bobbin::sync_wait(pool.map_reduce(test::in_brackets(), std::views::iota(0, 0),
                                            test::joined(), std::string("alone"))) == "alone");
}

TEST_CASE_TEMPLATE("the window bounds how many jobs of a map are unfinished", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        auto pool = P::make();
        bobbin::thread_pool own({.threads = 1});
        test::waypoint gate;
        test::read_count count;
        const auto job = bobbin::bind(test::held(), gate.path(), seen.path());
        const auto mapped = own.submit([&] {
            return pool.map(job, test::counting_range(count, 40), {.chunk_size = 1, .window = 4});
        });
        const std::size_t at_once = std::min<std::size_t>(pool.size(), 4);
        REQUIRE(gate.await_arrivals(at_once));
        CHECK(count.taken() <= 4);
        gate.open();
        CHECK(mapped.get() == test::first_numbers(40));
        CHECK(count.taken() == 40);
    }
}

TEST_CASE_TEMPLATE("a map that is asked to stop begins no more, waits, and throws cancelled", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{5}}) {
            const test::ledger seen;
            auto pool = P::make();
            bobbin::thread_pool own({.threads = 1});
            test::waypoint gate;
            const auto job = bobbin::bind(test::held(), gate.path(), seen.path());
            const auto inputs = test::first_numbers(1000);
            const auto mapped =
                own.submit([&] { return pool.map(job, inputs, {.chunk_size = chunk}); });
            REQUIRE(gate.await_arrivals(pool.size()));
            CHECK(!mapped.cancel());
            CHECK(mapped.running());  // those that run are waited for
            gate.open();
            CHECK_THROWS_AS(mapped.get(), bobbin::cancelled);
            CHECK(seen.size() == pool.size());
        }
    }
}

TEST_CASE_TEMPLATE("a map that is asked to stop asks its jobs to", P, CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    bobbin::thread_pool own({.threads = 1});
    const test::waypoint gate;
    const std::vector<std::tuple<std::string, std::string, int>> inputs(
        1, {gate.path(), seen.path(), 1});
    const auto mapped = own.submit([&] { return pool.starmap(test::runs_until_stopped, inputs); });
    REQUIRE(gate.await_arrivals(1));
    CHECK(!mapped.cancel());
    CHECK_THROWS_AS(mapped.get(), bobbin::cancelled);
    CHECK(seen.entries() == std::vector{1, -1});
}
