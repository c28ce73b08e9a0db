// Goal: what threads offer beyond what every pool does (see pool_contract.hpp for that): captures,
// jobs that hand their own pool more of them, and coroutines that wait beside each other.
// Method: pools of one, two and seven threads.

#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

using bobbin::task;
using namespace std::chrono_literals;

// One object stands for a job: to copy it would be to share its value, which may be moved out.
static_assert(std::is_nothrow_move_constructible_v<bobbin::job<int>> &&
              std::is_nothrow_move_assignable_v<bobbin::job<int>>);
static_assert(!std::is_copy_constructible_v<bobbin::job<int>> &&
              !std::is_copy_assignable_v<bobbin::job<int>>);

TEST_CASE("jobs may capture, and be function pointers") {
    test::in_every_pool([](test::place& place) {
        std::atomic<int> sum = 0;
        place.run(place.pool().map([&sum](int i) { sum += i; }, std::views::iota(0, 100)));
        CHECK(sum == 4950);
        int (*const plus_one)(int) = [](int i) { return i + 1; };
        CHECK(place.pool().submit(plus_one, 1).get() == 2);
    });
}

TEST_CASE("jobs may await maps of their own pool, however few its threads") {
    test::in_every_pool([](test::place& place) {
        auto& pool = place.pool();
        const auto inner = [](int i) { return i; };
        const auto outer = [&](int count) -> task<long> {
            const long sum =
                co_await pool.map_reduce(inner, std::views::iota(0, count), std::plus<>(), 0L);
            const std::vector<int> all = co_await pool.map(inner, std::views::iota(0, count));
            co_return sum + static_cast<long>(all.size());
        };
        const std::vector<int> counts(50, 10);
        CHECK(place.run(pool.map(outer, counts)) == std::vector<long>(50, 55));
    });
}

TEST_CASE("a task of a pool may await its jobs, and stays on its threads") {
    test::in_every_pool([](test::place& place) {
        auto work = [](bobbin::thread_pool& pool) -> task<int> {
            int sum = 0;
            for (int i = 0; i < 200; ++i) {
                auto job = pool.submit([](int number) { return number; }, i);
                sum += co_await std::move(job);
                sum += co_await pool.run([](int number) { return number; }, i);
            }
            auto results = pool.map_unordered([](int i) { return i; }, std::views::iota(0, 100));
            while (const auto each = co_await results.next()) sum += each->value();
            co_return sum;
        };
        CHECK(place.run(work(place.pool())) == 2 * 19900 + 4950);
    });
}

TEST_CASE("of coroutines as many wait at once as the window admits, on any number of threads") {
    test::in_every_pool([](test::place& place) {
        constexpr std::size_t window = 16;
        test::gate gate;
        std::atomic<std::size_t> waiting = 0;
        const auto waits = [&](int i) -> task<int> {
            if (++waiting == window) gate.open();
            co_await gate;
            co_return i;
        };
        const std::vector<int> all =
            place.run(place.pool().map(waits, std::views::iota(0, 100), {.window = window}));
        CHECK(all.size() == 100);
    });
}

TEST_CASE("a job that its own pool's task asks for blocks no thread: it throws") {
    test::in_every_pool([](test::place& place) {
        auto work = [](bobbin::thread_pool& pool) -> task<void> {
            std::atomic<bool> end = false;
            const auto waits = [&end] { end.wait(false); };
            const auto job = pool.submit(waits);
            CHECK_THROWS_AS(job.get(), bobbin::would_deadlock);
            CHECK_THROWS_AS(job.wait(), bobbin::would_deadlock);
            end = true;
            end.notify_one();
            co_await job;
            job.get();  // it has ended
        };
        place.run(work(place.pool()));
    });
}

TEST_CASE("a job of a map that ends as its time is up has one outcome, which is not lost") {
    constexpr std::size_t count = 4;
    bobbin::thread_pool pool({.threads = 2});
    // A little shorter and longer than the limit.
    const auto spin = [](int i) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(40 + 5 * i);
        while (std::chrono::steady_clock::now() < end) continue;
        return i;
    };
    for (int round = 0; round < 2000; ++round) {
        const auto all = bobbin::sync_wait(
            pool, pool.map_each(spin, std::views::iota(0, static_cast<int>(count)),
                                {.timeout = std::chrono::microseconds(50)}));
        REQUIRE(all.size() == count);
    }
}

TEST_CASE("as_completed keeps no job that has ended, nor its result") {
    using value = std::shared_ptr<int>;
    bobbin::thread_pool pool({.threads = 1});
    bobbin::thread_pool readers({.threads = 1});
    const auto read = [](bobbin::thread_pool& workers) -> task<void> {
        test::gate open;
        std::vector<bobbin::job<value>> jobs;
        const auto watched = std::make_shared<std::vector<std::weak_ptr<int>>>();
        for (int i = 0; i < 10; ++i)
            jobs.push_back(workers.submit([i, watched] {
                auto made = std::make_shared<int>(i);
                watched->push_back(made);
                return made;
            }));
        // Keeps the stream from its end.
        auto last = [](test::gate& until) -> task<value> {
            co_await until;
            co_return nullptr;
        };
        jobs.push_back(workers.submit(std::move(last), std::ref(open)));
        auto ended = bobbin::as_completed(jobs);
        const auto position = co_await ended.next();
        CHECK(position.value() < 10U);
        jobs.clear();
        for (int i = 1; i < 10; ++i) static_cast<void>(co_await ended.next());
        // The pool's own hold on a job ends after those who wait were told.
        const auto has_gone = [](const std::weak_ptr<int>& each) { return each.expired(); };
        while (!std::ranges::all_of(*watched, has_gone)) co_await bobbin::sleep_for(1ms);
        open.open();
        CHECK(co_await ended.next() == 10U);
        CHECK_FALSE(co_await ended.next());
    };
    bobbin::sync_wait(readers, bobbin::with_timeout(60s, read(pool)));
}
