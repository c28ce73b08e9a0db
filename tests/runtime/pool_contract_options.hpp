// Part of the contract suite (pool_contract.hpp): timeouts, retries, and what is no option.
#pragma once

#include "ledger.hpp"
#include "pool_places.hpp"

#include <bobbin/runtime/bind.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <support/edge_times.hpp>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace test {

// Fails until it has been tried so often.
struct succeeds_at {
    int operator()(const std::string& ledger, int number, int attempt) const {
        record(ledger, number);
        if (times_recorded(ledger, number) < attempt) throw std::runtime_error("not yet");
        return number;
    }
};
inline bobbin::task<int> succeed_at(std::string ledger, int number, int attempt) {
    co_return succeeds_at()(ledger, number, attempt);
}

struct fails_when_let_go {
    int operator()(const std::string& ledger, const std::string& gate, int number) const {
        record(ledger, number);
        stop_at(gate);
        throw std::runtime_error("later");
    }
};

// Too long for a timeout of some milliseconds.
struct slow {
    int operator()(const std::string& ledger, int number) const {
        record(ledger, number);
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
        while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
        return number;
    }
};

inline bobbin::task<int> double_there(int i) {
    co_return 2 * i;
}
inline constexpr bobbin::fn<&double_there> doubled_there;

inline constexpr std::chrono::milliseconds short_time{5};
inline constexpr std::chrono::hours long_time{1};

}  // namespace test

TEST_CASE_TEMPLATE("options that make no sense are refused, with the name of the field", P,
                   CONTRACT_PLACES) {
    auto pool = P::make();
    const std::vector<int> inputs = {1, 2};
    const auto refused = [&](bobbin::map_options options, const char* field) {
        CAPTURE(field);
        const auto check = [&](auto call) {
            CHECK_THROWS_AS(call(), std::invalid_argument);
            CHECK(test::contains(test::what_it_throws(call), field));
        };
        check([&] { static_cast<void>(pool.map(test::doubled(), inputs, options)); });
        check([&] { static_cast<void>(pool.map_each(test::doubled(), inputs, options)); });
        check([&] { static_cast<void>(pool.map_stream(test::doubled(), inputs, options)); });
        check([&] { static_cast<void>(pool.map_unordered(test::doubled(), inputs, options)); });
        check([&] {
            static_cast<void>(pool.map_reduce(test::doubled(), inputs, std::plus<>(), 0, options));
        });
        const std::vector<std::pair<int, int>> pairs = {{1, 2}};
        check([&] { static_cast<void>(pool.starmap(test::multiplied, pairs, options)); });
    };
    refused({.chunk_size = 0}, "chunk_size");
    refused({.window = 0}, "window");
    refused({.timeout = std::chrono::nanoseconds(-1)}, "timeout");
    const auto late = [&] {
        static_cast<void>(
            pool.submit({.timeout = std::chrono::nanoseconds(-1)}, test::doubled(), 1));
    };
    CHECK_THROWS_AS(late(), std::invalid_argument);
    CHECK(test::contains(test::what_it_throws(late), "timeout"));
    for (const bobbin::time_span each : tests::times_that_are_over())
        if (each != bobbin::time_span::zero)
            CHECK_THROWS_AS(static_cast<void>(pool.submit({.timeout = each}, test::doubled(), 1)),
                            std::invalid_argument);
    CHECK_THROWS_AS(
        static_cast<void>(pool.submit({.timeout = tests::not_a_number}, test::doubled(), 1)),
        std::invalid_argument);
}

TEST_CASE_TEMPLATE("retries need arguments that can be copied", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const auto value = [](const std::unique_ptr<int>& number) { return *number; };
    const auto again = [&] {
        static_cast<void>(pool.submit({.retries = 1}, value, std::make_unique<int>(1)));
    };
    CHECK_THROWS_AS(again(), std::invalid_argument);
    CHECK(test::contains(test::what_it_throws(again), "retries"));
    const auto many = [&] {
        auto inputs = std::views::iota(0, 2) |
                      std::views::transform([](int i) { return std::make_unique<int>(i); });
        static_cast<void>(pool.map(value, inputs, {.retries = 1}));
    };
    CHECK_THROWS_AS(many(), std::invalid_argument);
}

TEST_CASE_TEMPLATE("a job that throws is run again as often as its retries say", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    const auto job = [&](unsigned retries, int number, int attempt) {
        return pool.submit({.retries = retries}, test::succeeds_at(), seen.path(), number, attempt);
    };
    CHECK(job(2, 1, 3).get() == 1);
    CHECK(seen.count(1) == 3);
    CHECK(job(5, 2, 1).get() == 2);
    CHECK(seen.count(2) == 1);
    CHECK_THROWS_WITH_AS(job(1, 3, 3).get(), "not yet", std::runtime_error);
    CHECK(seen.count(3) == 2);
    CHECK_THROWS_AS(job(0, 4, 2).get(), std::runtime_error);
    CHECK(seen.count(4) == 1);
    const auto coroutine =
        pool.submit({.retries = 2}, bobbin::fn<&test::succeed_at>(), seen.path(), 5, 3);
    CHECK(coroutine.get() == 5);
    CHECK(seen.count(5) == 3);
}

TEST_CASE_TEMPLATE("what is cancelled while it runs is not run again", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        auto pool = P::make();
        bobbin::thread_pool own({.threads = 1, .name = "own"});
        const auto cancel_when_it_runs = [&](auto start) {
            test::waypoint gate;
            const auto job = start(gate.path());
            REQUIRE(gate.await_arrivals(1));
            CHECK(!job.cancel());
            gate.open();
            CHECK_THROWS_WITH_AS(job.get(), "later", std::runtime_error);
        };
        cancel_when_it_runs([&](const std::string& gate) {
            return pool.submit({.retries = 3}, test::fails_when_let_go(), seen.path(), gate, 1);
        });
        cancel_when_it_runs([&](const std::string& gate) {
            return own.submit([&pool, input = std::vector{std::tuple(seen.path(), gate, 2)}] {
                return pool.starmap(test::fails_when_let_go(), input, {.retries = 3});
            });
        });
        CHECK(seen.count(1) == 1);
        CHECK(seen.count(2) == 1);
    }
}

TEST_CASE_TEMPLATE("each try gets fresh copies of the arguments", P, CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    const auto eats = [](const std::string& ledger, std::string&& text) {
        const auto length = static_cast<int>(std::exchange(text, "").size());
        test::record(ledger, length);
        if (test::times_recorded(ledger, length) < 3) throw std::runtime_error("again");
        return length;
    };
    CHECK(pool.submit({.retries = 3}, eats, seen.path(), std::string("four")).get() == 4);
    CHECK(seen.entries() == std::vector{4, 4, 4});
}

TEST_CASE_TEMPLATE("retries are for each job of a range", P, CONTRACT_PLACES) {
    auto pool = P::make();
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{3}, bobbin::automatic}) {
        const test::ledger seen;
        std::vector<std::tuple<std::string, int, int>> inputs;
        for (int i = 1; i <= 20; ++i) inputs.emplace_back(seen.path(), i, i % 2 == 0 ? 1 : 3);
        const auto values = bobbin::sync_wait(
            pool.starmap(test::succeeds_at(), inputs, {.chunk_size = chunk, .retries = 2}));
        CHECK(values.size() == 20);
        for (int i = 1; i <= 20; ++i) CHECK(seen.count(i) == (i % 2 == 0 ? 1 : 3));
    }
}

TEST_CASE_TEMPLATE("a job that ended as cancelled or out of time is not run again", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    {
        auto pool = P::make();
        const auto cancelled = [](const std::string& ledger) {
            test::record(ledger, 1);
            throw bobbin::cancelled();
        };
        CHECK_THROWS_AS(pool.submit({.retries = 3}, cancelled, seen.path()).get(),
                        bobbin::cancelled);
        const auto late =
            pool.submit({.timeout = test::short_time, .retries = 3}, test::slow(), seen.path(), 2);
        CHECK_THROWS_AS(late.get(), bobbin::timed_out);
    }
    CHECK(seen.count(1) == 1);
    // Where it ends with its worker, that may be before its first line.
    CHECK(seen.count(2) <= 1);
    if constexpr (P::late_jobs_end) CHECK(seen.count(2) == 1);
}

TEST_CASE_TEMPLATE("a job that takes longer than its timeout fails with timed_out", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    const auto late = pool.submit({.timeout = test::short_time}, test::slow(), seen.path(), 1);
    CHECK_THROWS_AS(late.get(), bobbin::timed_out);
    CHECK(late.status() == bobbin::job_status::failed);
    const auto in_time = pool.submit({.timeout = test::long_time}, test::slow(), seen.path(), 2);
    CHECK(in_time.get() == 2);
    auto work = [](auto& on, std::string ledger) -> bobbin::task<bool> {
        try {
            co_await on.submit({.timeout = test::short_time}, test::slow(), ledger, 3);
        } catch (const bobbin::timed_out&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(bobbin::sync_wait(work(pool, seen.path())));
    if constexpr (P::late_jobs_end) CHECK(seen.has(1));
}

TEST_CASE_TEMPLATE("timed_out names the limit and the callable, of a job or of a range's", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    auto pool = P::make();
    const auto text_of = [](auto job_or_map) -> std::string {
        try {
            job_or_map();
            return "it was in time";
        } catch (const bobbin::timed_out& error) {
            return error.what();
        }
    };
    const bobbin::job_options limited{.timeout = test::short_time};
    for (const std::string& text :
         {text_of([&] { pool.submit(limited, test::slow(), seen.path(), 1).get(); }), text_of([&] {
              const std::vector inputs{std::tuple(seen.path(), 2)};
              static_cast<void>(bobbin::sync_wait(
                  pool.starmap(test::slow(), inputs, {.timeout = test::short_time})));
          })}) {
        CAPTURE(text);
        CHECK(text.find("slow") != std::string::npos);
        CHECK(text.find(bobbin::to_string(test::short_time)) != std::string::npos);
    }
}

TEST_CASE_TEMPLATE("timed_out comes while the job still runs; what it ends with is dropped", P,
                   CONTRACT_PLACES) {
    if (!P::prompt_timeouts()) return;
    if constexpr (P::concurrent) {
        const test::ledger seen;
        const test::error_log unseen;
        int calls = 0;
        {
            auto pool = P::make();
            test::waypoint gate;
            const auto late = pool.submit({.timeout = test::short_time}, test::held(), gate.path(),
                                          seen.path(), 1);
            CHECK_THROWS_AS(late.get(), bobbin::timed_out);
            CHECK(late.failed());
            late.on_done([&calls](const auto&) { ++calls; });
            if constexpr (P::late_jobs_end) CHECK(seen.size() == 0);
            CHECK(!late.cancel());
            gate.open();
            // A job after it, so that this one has come to its end.
            static_cast<void>(pool.submit(test::recorded(), seen.path(), 2).get());
            CHECK_THROWS_AS(late.get(), bobbin::timed_out);
        }
        // The pool's end has waited for it.
        CHECK(seen.has(1) == P::late_jobs_end);
        CHECK(calls == 1);
        CHECK(unseen.texts().empty());
    }
}

TEST_CASE_TEMPLATE("a coroutine whose time has passed is asked to stop", P, CONTRACT_PLACES) {
    if constexpr (P::concurrent) {
        const test::ledger seen;
        {
            auto pool = P::make();
            const test::waypoint gate;
            const auto late = pool.submit({.timeout = test::short_time}, test::runs_until_stopped,
                                          gate.path(), seen.path(), 1);
            CHECK_THROWS_AS(late.get(), bobbin::timed_out);
        }
        if constexpr (P::late_jobs_end) CHECK(seen.entries() == std::vector{1, -1});
    }
}

TEST_CASE_TEMPLATE("a timeout costs only the job that was late, in ranges too", P,
                   CONTRACT_PLACES) {
    const test::ledger seen;
    {
        auto pool = P::make();
        const auto sometimes_slow = [](const std::string& ledger, int number) {
            if (number % 5 == 2) return test::slow()(ledger, number);
            return number;
        };
        const auto one = bobbin::bind(sometimes_slow, seen.path());
        const std::vector<int> inputs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        const bobbin::map_options options = {.timeout = std::chrono::milliseconds(10)};
        const auto ends = bobbin::sync_wait(pool.map_each(one, inputs, options));
        REQUIRE(ends.size() == 10);
        for (std::size_t i = 0; i < 10; ++i) {
            CAPTURE(i);
            if (i % 5 == 2)
                CHECK_THROWS_AS(ends[i].value(), bobbin::timed_out);
            else if (ends[i])  // a machine under load may be late itself
                CHECK(ends[i].value() == static_cast<int>(i));
        }
        const std::vector<int> late_first = {2, 3, 4};
        CHECK_THROWS_AS(bobbin::sync_wait(pool.map(one, late_first, options)), bobbin::timed_out);
    }
    if constexpr (P::late_jobs_end) CHECK(seen.count(2) == 2);
}

TEST_CASE_TEMPLATE("timeouts that are not needed change nothing", P, CONTRACT_PLACES) {
    auto pool = P::make();
    const std::vector<int> inputs(500, 4);
    const std::vector<int> expected(500, 8);
    CHECK(bobbin::sync_wait(pool.map(test::doubled(), inputs, {.timeout = test::long_time})) ==
          expected);
    CHECK(bobbin::sync_wait(pool.map(test::doubled(), inputs,
                                     {.timeout = bobbin::time_span::endless})) == expected);
    for (const bobbin::time_span each : tests::times_that_do_not_pass()) {
        CAPTURE(to_string(each));
        CHECK(pool.submit({.timeout = each}, test::doubled(), 1).get() == 2);
        CHECK(pool.submit({.timeout = each}, test::doubled_there, 1).get() == 2);
    }
}
