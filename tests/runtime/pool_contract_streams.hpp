// Part of the contract suite (pool_contract.hpp): results one after another, lazily.
#pragma once

#include "counting_range.hpp"
#include "ledger.hpp"
#include "pool_contract_maps.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/bind.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace test {

// The positions that a stream gives, at most so many, and whether each has its own result.
struct reading {
    std::vector<std::size_t> order;
    bool right = true;
};

template <class R>
bobbin::task<reading> read_stream(bobbin::result_stream<R> results, std::size_t most,
                                  std::type_identity_t<bool (*)(bobbin::stream_item<R>&)> check) {
    reading all;
    while (all.order.size() < most) {
        auto each = co_await results.next();
        if (!each) break;
        all.right = all.right && check(*each);
        all.order.push_back(each->index);
    }
    co_return all;
}

inline bool is_tripled(bobbin::stream_item<int>& each) {
    return each && each.value() == 3 * static_cast<int>(each.index);
}
inline bool is_of_thirds(bobbin::stream_item<int>& each) {
    const auto index = static_cast<int>(each.index);
    return index % 3 == 0 ? what_of(each.error()) == std::to_string(index)
                          : each && each.value() == index;
}

inline std::vector<std::size_t> first_positions(std::size_t count) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(i);
    return all;
}

// Whose size must not be asked for any more once what it refers to is gone.
struct passing_range : std::ranges::view_interface<passing_range> {
    std::ranges::iota_view<int, int> numbers;
    const std::atomic<bool>* gone = nullptr;
    std::atomic<int>* asked_late = nullptr;

    auto begin() const { return numbers.begin(); }
    auto end() const { return numbers.end(); }
    std::size_t size() const {
        if (gone->load()) ++*asked_late;
        return numbers.size();
    }
};

// Tells the count before each result that is asked for.
template <class R>
bobbin::task<std::size_t> read_counted(bobbin::result_stream<R> results, read_count& count,
                                       std::size_t most) {
    std::size_t read = 0;
    while (read < most) {
        count.asked();
        const auto each = co_await results.next();
        if (!each) break;
        ++read;
    }
    co_return read;
}

}  // namespace test

TEST_CASE_TEMPLATE("map_stream gives every result, in the order of the inputs", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        for (const std::size_t count : {0U, 1U, 2U, 150U}) {
            CAPTURE(count);
            const auto inputs = test::first_numbers(static_cast<int>(count));
            const auto read = bobbin::sync_wait(test::read_stream(
                pool.map_stream(test::uneven(), inputs, options), 1000, test::is_tripled));
            CHECK(read.right);
            CHECK(read.order == test::first_positions(count));
            const auto later = bobbin::sync_wait(test::read_stream(
                pool.map_stream(bobbin::fn<&test::tripled_later>(), inputs, options), 1000,
                test::is_tripled));
            CHECK(later.right);
            CHECK(later.order == test::first_positions(count));
        }
    });
}

TEST_CASE_TEMPLATE("map_unordered gives every result once, with its position", P, CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const auto inputs = test::first_numbers(150);
        auto read = bobbin::sync_wait(test::read_stream(
            pool.map_unordered(test::uneven(), inputs, options), 1000, test::is_tripled));
        CHECK(read.right);
        std::ranges::sort(read.order);
        CHECK(read.order == test::first_positions(150));
    });
}

TEST_CASE_TEMPLATE("map_unordered gives results as they come", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        auto pool = P::make();
        if (pool.size() == 1) return;
        const test::ledger seen;
        test::waypoint gate;
        const auto first_waits = [](const std::string& waypoint, int i) {
            if (i == 0) test::stop_at(waypoint);
            return 3 * i;
        };
        auto work = [&]() -> bobbin::task<std::vector<std::size_t>> {
            auto results = pool.map_unordered(bobbin::bind(first_waits, gate.path()),
                                              std::views::iota(0, 10), {.chunk_size = 1});
            std::vector<std::size_t> order;
            while (const auto each = co_await results.next()) {
                order.push_back(each->index);
                if (order.size() == 9) gate.open();
            }
            co_return order;
        };
        auto order = bobbin::sync_wait(work());
        REQUIRE(order.size() == 10);
        CHECK(order.back() == 0);
    }
}

TEST_CASE_TEMPLATE(
    "a result is read before the last job has run, though all workers have more to do", P,
    CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        auto pool = P::make();
        test::waypoint before_the_last;  // opened by who reads the first
        const auto job = [](const std::string& waypoint, int i) {
            if (i == 999) test::stop_at(waypoint);
            return i;
        };
        auto results = pool.map_stream(bobbin::bind(job, before_the_last.path()),
                                       test::first_numbers(1000), {.chunk_size = 1});
        auto read_all = [&]() -> bobbin::task<int> {
            int count = 0;
            for (; co_await results.next(); ++count) before_the_last.open();
            co_return count;
        };
        CHECK(bobbin::sync_wait(read_all()) == 1000);
    }
}

TEST_CASE_TEMPLATE("in streams an error costs only its own result, whatever the chunk", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        const auto inputs = test::first_numbers(100);
        auto read = bobbin::sync_wait(test::read_stream(
            pool.map_stream(test::fails_for_thirds(), inputs, options), 1000, test::is_of_thirds));
        CHECK(read.right);
        CHECK(read.order == test::first_positions(100));
        read = bobbin::sync_wait(
            test::read_stream(pool.map_unordered(test::fails_for_thirds(), inputs, options), 1000,
                              test::is_of_thirds));
        CHECK(read.right);
        CHECK(read.order.size() == 100);
    });
}

TEST_CASE_TEMPLATE("a stream begins when it is first read", P, CONTRACT_PLACES) {
    test::read_count count;
    const test::ledger seen;
    {
        auto pool = P::make();
        const auto results = pool.map_stream(bobbin::bind(test::recorded(), seen.path()),
                                             test::counting_range(count, 100), {.window = 4});
    }
    CHECK(count.taken() == 0);
    CHECK(seen.size() == 0);
}

TEST_CASE_TEMPLATE("a stream of an endless range is never more than its window ahead of the reader",
                   P, CONTRACT_PLACES) {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, bobbin::automatic}) {
        CAPTURE(chunk);
        for (const bool in_order : {true, false}) {
            CAPTURE(in_order);
            test::read_count count;
            const test::ledger seen;
            {
                auto pool = P::make();
                const auto job = bobbin::bind(test::recorded(), seen.path());
                test::counting_range range(count, std::numeric_limits<int>::max());
                const bobbin::map_options options = {.chunk_size = chunk, .window = 4};
                auto results = in_order ? pool.map_stream(job, range, options)
                                        : pool.map_unordered(job, range, options);
                CHECK(bobbin::sync_wait(test::read_counted(std::move(results), count, 300)) == 300);
            }
            CHECK(count.furthest_ahead() <= 4);
            CHECK(seen.size() >= 300);
            CHECK(seen.size() <= 304);
        }
    }
    auto pool = P::make();
    const auto read = bobbin::sync_wait(
        test::read_stream(pool.map_stream(test::uneven(), std::views::iota(0), {.window = 4}), 100,
                          test::is_tripled));
    CHECK(read.right);
    CHECK(read.order == test::first_positions(100));
}

TEST_CASE_TEMPLATE("of an endless range never more than the window are unfinished", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        test::read_count count;
        const test::ledger seen;
        auto pool = P::make();
        bobbin::thread_pool own({.threads = 1});
        test::waypoint gate;
        const auto job = bobbin::bind(test::held(), gate.path(), seen.path());
        const auto reader = own.submit([&] {
            return test::read_counted(
                pool.map_unordered(job,
                                   test::counting_range(count, std::numeric_limits<int>::max()),
                                   {.chunk_size = 1, .window = 4}),
                count, 50);
        });
        const std::size_t at_once = std::min<std::size_t>(pool.size(), 4);
        REQUIRE(gate.await_arrivals(at_once));
        for (std::size_t finished = 0; finished < 20; ++finished) {
            CHECK(count.taken() <= finished + 4);
            CHECK(seen.size() <= finished);
            gate.let_go();
            REQUIRE(gate.await_arrivals(1));  // the one that took its place
        }
        gate.open();
        CHECK(reader.get() == 50);
        CHECK(count.furthest_ahead() <= 4);
    }
}

TEST_CASE_TEMPLATE("a stream's end can be read again", P, CONTRACT_PLACES) {
    auto pool = P::make();
    auto work = [](auto& on) -> bobbin::task<void> {
        auto results = on.map_stream(test::doubled(), std::views::iota(0, 3));
        for (std::size_t i = 0; i < 3; ++i) {
            const auto each = co_await results.next();
            REQUIRE(each.has_value());
            CHECK(each->index == i);
        }
        for (int i = 0; i < 3; ++i) {
            const auto end = co_await results.next();
            CHECK(!end.has_value());
        }
    };
    bobbin::sync_wait(work(pool));
}

TEST_CASE_TEMPLATE("streams may be of nothing, and of what can only be moved", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto nothing = [](bobbin::stream_item<void>& each) { return each.has_value(); };
    auto read = bobbin::sync_wait(
        test::read_stream(pool.map_stream([](int) {}, std::views::iota(0, 20)), 100, nothing));
    CHECK(read.right);
    CHECK(read.order.size() == 20);
    const auto make = [](int i) { return std::make_unique<int>(i); };
    const auto is_own = [](bobbin::stream_item<std::unique_ptr<int>>& each) {
        const std::unique_ptr<int> own = std::move(each).value();
        return *own == static_cast<int>(each.index);
    };
    read = bobbin::sync_wait(
        test::read_stream(pool.map_unordered(make, std::views::iota(0, 20)), 100, is_own));
    CHECK(read.right);
    CHECK(read.order.size() == 20);
}

TEST_CASE_TEMPLATE("a stream that is dropped begins no more", P, CONTRACT_PLACES) {
    for (const std::size_t chunk : {std::size_t{1}, bobbin::automatic}) {
        const test::ledger seen;
        {
            auto pool = P::make();
            const auto job = bobbin::bind(test::recorded(), seen.path());
            const std::vector<int> inputs = test::first_numbers(1000);
            const auto read = bobbin::sync_wait(test::read_stream(
                pool.map_stream(job, inputs, {.chunk_size = chunk, .window = 10}), 5,
                [](bobbin::stream_item<int>& each) { return each.has_value(); }));
            CHECK(read.order.size() == 5);
        }
        CHECK(seen.size() >= 5);
        CHECK(seen.size() <= 15);
    }
}

TEST_CASE_TEMPLATE("a stream that is dropped asks the jobs that run to stop, and does not wait", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    const test::waypoint gate;
    {
        auto pool = P::make();
        using strings_and_number = std::tuple<std::string, std::string, int>;
        const strings_and_number one(gate.path(), seen.path(), 1);
        const auto mixed = [](const strings_and_number& what) -> bobbin::task<int> {
            const auto& [waypoint, ledger, number] = what;
            return test::run_until_stopped(waypoint, ledger, number);
        };
        bobbin::thread_pool own({.threads = 1});
        const auto reader = own.submit([&]() -> bobbin::task<void> {
            const std::vector<strings_and_number> inputs(1, one);
            auto results = pool.map_stream(mixed, inputs);
            co_await results.next();
        });
        REQUIRE(gate.await_arrivals(1));
        reader.cancel();
        CHECK_THROWS_AS(reader.get(), bobbin::cancelled);
    }
    CHECK(seen.entries() == std::vector{1, -1});
}

TEST_CASE_TEMPLATE("a range is not looked at any more once its stream was dropped", P,
                   CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        std::atomic<bool> gone = false;
        std::atomic<int> asked_late = 0;
        {
            auto pool = P::make();
            test::waypoint gate;
            bobbin::thread_pool own({.threads = 1});
            const auto reader = own.submit([&]() -> bobbin::task<void> {
                test::passing_range range;
                range.numbers = std::views::iota(0, 100);
                range.gone = &gone;
                range.asked_late = &asked_late;
                auto results = pool.map_stream(bobbin::bind(test::held(), gate.path(), seen.path()),
                                               range, {.window = 1});
                co_await results.next();
            });
            REQUIRE(gate.await_arrivals(1));
            reader.cancel();
            CHECK_THROWS_AS(reader.get(), bobbin::cancelled);
            gone = true;
            gate.open();
        }
        CHECK(seen.entries() == std::vector{0});
        CHECK(asked_late == 0);
    }
}

TEST_CASE_TEMPLATE("a stream can be read on after a reader was asked to stop", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        auto pool = P::make();
        bobbin::thread_pool own({.threads = 1});
        test::waypoint gate;
        const auto job = bobbin::bind(test::held(), gate.path(), seen.path());
        auto results = pool.map_stream(job, std::views::iota(7, 9), {.chunk_size = 1});
        const auto read = [&results]() -> bobbin::task<int> {
            auto each = co_await results.next();
            co_return each->value();
        };
        const auto first = own.submit(read);
        REQUIRE(gate.await_arrivals(1));
        first.cancel();
        CHECK_THROWS_AS(first.get(), bobbin::cancelled);
        gate.open();
        CHECK(own.submit(read).get() == 7);
        CHECK(own.submit(read).get() == 8);
    }
}

TEST_CASE_TEMPLATE("what a range throws is the last item of a stream", P, CONTRACT_PLACES) {
    auto pool = P::make();
    test::with_all_chunks([&](const bobbin::map_options& options) {
        test::read_count count;
        const auto expected = [](bobbin::stream_item<int>& each) {
            return each.index == 20 ? test::what_of(each.error()) == "range 20"
                                    : each && each.value() == 2 * static_cast<int>(each.index);
        };
        const auto read = bobbin::sync_wait(test::read_stream(
            pool.map_stream(test::doubled(), test::counting_range(count, 100, 20), options), 1000,
            expected));
        CHECK(read.right);
        CHECK(read.order == test::first_positions(21));
    });
}
