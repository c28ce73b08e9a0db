// Goal: whatever tasks are made of, on whatever threads, every value arrives, every error is the
// right one, and every object that was made is destroyed, once. Method: random trees of all that
// there is, each with a value that is known beforehand, in which tasks lose races, fail, run out of
// time and are spawned by foreign threads; and pools that begin and end around such trees. The
// seeds are fixed: 1, 2, 3, …; how far they go is a matter of time, BOBBIN_STRESS_SECONDS in all.

#include "random_tree.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/set_error_handler.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <exception>
#include <runtime/counted.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::task;
using bobbin::thread_pool;
using std::chrono::steady_clock;
using test::counted;
using test::expected;
using test::forest;
using test::mixed;
using test::number;
using test::result;
using test::root_of;

constexpr std::array thread_counts = {1U, 2U, 5U};

// A share of the time there is.
steady_clock::time_point after_share(int shares) {
    const char* const given = std::getenv("BOBBIN_STRESS_SECONDS");
    const long seconds = given != nullptr ? std::atol(given) : 4;
    return steady_clock::now() + std::chrono::milliseconds(seconds * 1000 / shares);
}

task<void> stop_later(thread_pool& own, std::chrono::microseconds pause) {
    co_await bobbin::sleep_for(pause);
    own.stop();
}

std::atomic<int> unseen_errors = 0;

}  // namespace

TEST_CASE_FIXTURE(test::balanced, "random trees have the values they must have") {
    constexpr number trees = 128;  // at once
    for (const unsigned threads : thread_counts) {
        CAPTURE(threads);
        thread_pool pool({.threads = threads, .name = "stress"});
        forest all;
        number seed = 0;
        for (const auto end = after_share(4); steady_clock::now() < end; seed += trees) {
            CAPTURE(seed);
            auto work = [&]() -> task<void> {
                std::vector<task<result>> roots;
                for (number i = 1; i <= trees; ++i) roots.push_back(all.grow(root_of(seed + i)));
                const std::vector<result> values = co_await bobbin::when_all(std::move(roots));
                for (number i = 1; i <= trees; ++i)
                    if (values[i - 1].value != expected(root_of(seed + i))) ++all.wrong;
            };
            bobbin::sync_wait(pool, work());
            REQUIRE(all.wrong == 0);
            REQUIRE(counted::alive() == 0);
        }
        MESSAGE(seed << " trees on " << threads << " threads, " << pool.stats().stolen
                     << " tasks stolen");
    }
}

TEST_CASE_FIXTURE(test::balanced, "pools begin, are stopped and end with trees in flight") {
    constexpr int spawned_by_each = 20;
    const auto previous =
        bobbin::set_error_handler([](std::exception_ptr) noexcept { ++unseen_errors; });
    number round = 0;
    int cut_short = 0;
    for (const auto end = after_share(4); steady_clock::now() < end; ++round) {
        CAPTURE(round);
        enum { drain, stop_at_once, stop_meanwhile, stop_from_within };
        const auto how = round % 4;
        const auto pause = mixed(round) % 2000 * 1us;
        int spawned = 0;
        forest all;
        {
            thread_pool pool({.threads = thread_counts[round % 3], .name = "stress"});
            const auto spawn_some = [&](number first_seed) {
                int count = 0;
                try {
                    while (count < spawned_by_each) {
                        pool.spawn(all.grow_alone(first_seed + static_cast<number>(count)));
                        ++count;
                    }
                } catch (const bobbin::pool_closed&) {
                }
                return count;
            };
            int spawned_there = 0;
            std::thread visitor([&] {
                spawned_there = spawn_some(round);
                try {
                    bobbin::sync_wait(pool, all.grow_alone(round));
                    ++spawned_there;
                } catch (const bobbin::cancelled&) {  // before it began
                } catch (const bobbin::pool_closed&) {
                }
            });
            if (how == stop_from_within) pool.spawn(stop_later(pool, pause));
            spawned = spawn_some(round + 1000);
            if (how == stop_meanwhile) {
                const auto then = steady_clock::now() + pause;
                while (steady_clock::now() < then) {
                }
            }
            if (how == stop_at_once || how == stop_meanwhile) pool.stop();
            visitor.join();
            spawned += spawned_there;
        }
        REQUIRE(all.wrong == 0);
        REQUIRE(all.completed + all.cancelled <= spawned);
        if (how == drain) REQUIRE(all.completed == 2 * spawned_by_each + 1);
        if (all.completed < spawned) ++cut_short;
        REQUIRE(counted::alive() == 0);
    }
    CHECK(unseen_errors == 0);
    CHECK(cut_short > 0);
    MESSAGE(round << " pools, " << cut_short << " of them stopped with trees in flight");
    bobbin::set_error_handler(previous);
}
