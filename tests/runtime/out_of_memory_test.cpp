// Goal: whatever allocation of the process fails, on whatever thread, an operation gives its result
// or std::bad_alloc; it ends nothing, hangs nowhere, and leaves nothing behind. Method: see
// support/out_of_memory.hpp. (allocation_test looks at what was begun then, for a single thread.)

#define DOCTEST_CONFIG_IMPLEMENT
#include "support/out_of_memory.hpp"

#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/blocking.hpp>
#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/transform_reduce.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <functional>
#include <future>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::job;
using bobbin::nursery;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using test::out_of_memory::operation;

int twice(int x) {
    return 2 * x;
}
int sum(int a, int b) {
    return a + b;
}
task<int> slowly_twice(int x) {
    co_await bobbin::sleep_for(1us);
    co_return 2 * x;
}
task<void> until_stopped() {
    co_await bobbin::sleep_for(1h);
}
std::vector<int> numbers(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

// On two threads of a pool that is made and destroyed with it.
template <class F>
operation on_threads(const char* name, F f) {
    return {name, nullptr, [f](void*) {
                thread_pool pool({.threads = 2});
                try {
                    return f(pool);
                } catch (...) {
                    pool.stop();  // for what was begun before there was no memory
                    throw;
                }
            }};
}
// As a task of it.
template <class F>
operation in_task(const char* name, F f) {
    return on_threads(name, [f](thread_pool& pool) { return sync_wait(pool, f()); });
}

bool was_cancelled(const job<int>& ended) {
    try {
        ended.get();
        return false;
    } catch (const bobbin::cancelled&) {
        return true;
    }
}

// --- the pool ---

bool submits(thread_pool& pool) {
    std::vector<job<int>> jobs;
    for (int i = 0; i < 100; ++i) jobs.push_back(pool.submit(twice, i));
    for (int i = 0; i < 100; ++i)
        if (jobs[static_cast<std::size_t>(i)].get() != 2 * i) return false;
    return pool.submit(slowly_twice, 3).get() == 6;
}
bool submits_with_options(thread_pool& pool) {
    auto retried = pool.submit({.timeout = 1h, .retries = 2}, slowly_twice, 3);
    auto urgent = pool.submit({.priority = bobbin::priority::high}, twice, 4);
    return retried.get() == 6 && urgent.get() == 8;
}
bool times_out(thread_pool& pool) {
    auto late = pool.submit({.timeout = 1ms}, until_stopped);
    try {
        late.get();
        return false;
    } catch (const bobbin::timed_out&) {
        return true;
    }
}
bool calls_back(thread_pool& pool) {
    std::promise<int> told;
    auto result = told.get_future();
    auto j = pool.submit(twice, 3);
    j.on_done([&told](const job<int>& ended) {
        try {
            told.set_value(ended.get());
        } catch (...) {
            told.set_exception(std::current_exception());
        }
    });
    return result.get() == 6;
}
bool cancels(thread_pool& pool) {
    auto running = pool.submit([] {
        return [](int x) -> task<int> {
            co_await until_stopped();
            co_return x;
        }(1);
    });
    auto others = pool.submit(twice, 3);
    running.cancel();
    return was_cancelled(running) && others.get() == 6;
}
bool stops(thread_pool& pool) {
    std::vector<job<int>> jobs;
    for (int i = 0; i < 10; ++i)
        jobs.push_back(pool.submit(
            [](int x) -> task<int> {
                co_await until_stopped();
                co_return x;
            },
            i));
    pool.stop();
    for (const auto& each : jobs)
        if (!was_cancelled(each)) return false;
    return true;
}
bool spawns(thread_pool& pool) {
    std::promise<void> ended;
    auto child = [](std::promise<void>* told) -> task<void> {
        told->set_value();
        co_return;
    };
    pool.spawn(child(&ended));
    ended.get_future().get();
    return true;
}
bool maps(thread_pool& pool) {
    const auto all = sync_wait(pool.map(twice, numbers(100)));
    return all.size() == 100 && all.at(99) == 198;
}
bool maps_coroutines(thread_pool& pool) {
    const auto all = sync_wait(pool.map(slowly_twice, numbers(50)));
    return all.size() == 50 && all.at(49) == 98;
}
bool maps_from_its_own_threads(thread_pool& pool) {
    auto all = [&pool]() -> task<bool> {
        const auto results = co_await pool.map(slowly_twice, numbers(20));
        co_return results.size() == 20 && results.at(19) == 38;
    };
    return sync_wait(pool, all());
}
bool maps_tuples(thread_pool& pool) {
    const std::vector<std::tuple<int, int>> pairs(20, {1, 2});
    return sync_wait(pool.starmap(sum, pairs)) == std::vector<int>(20, 3);
}
bool maps_each(thread_pool& pool) {
    const auto all = sync_wait(pool.map_each(twice, numbers(20)));
    return all.size() == 20 && all.at(19).value() == 38;
}
bool expires_in_map(thread_pool& pool) {
    const auto late = [](int x) -> task<int> {
        co_await until_stopped();
        co_return x;
    };
    const auto all = sync_wait(pool.map_each(late, numbers(3), {.timeout = 1ms}));
    for (const auto& each : all) {
        try {
            std::rethrow_exception(each.error());
        } catch (const bobbin::timed_out&) {
        }
    }
    return all.size() == 3;
}
template <class Stream>
task<int> add_up(Stream results) {
    int all = 0;
    while (auto each = co_await results.next()) all += each->value();
    co_return all;
}
bool streams(thread_pool& pool) {
    auto results = pool.map_stream(twice, numbers(50), {.window = 8});
    return sync_wait(add_up(std::move(results))) == 49 * 50;
}
bool streams_unordered(thread_pool& pool) {
    auto results = pool.map_unordered(slowly_twice, numbers(50), {.window = 8});
    return sync_wait(add_up(std::move(results))) == 49 * 50;
}
bool reduces(thread_pool& pool) {
    return sync_wait(pool.map_reduce(twice, numbers(50), std::plus<>(), 0L)) == 49L * 50;
}
bool waits_for_some(thread_pool& pool) {
    std::vector<job<int>> jobs;
    for (int i = 0; i < 5; ++i) jobs.push_back(pool.submit(slowly_twice, i));
    if (sync_wait(bobbin::wait_any(jobs)) > 4) return false;
    auto in_order = [](std::vector<job<int>>& all) -> task<int> {
        auto ended = bobbin::as_completed(all);
        int result = 0;
        while (auto i = co_await ended.next()) result += all[*i].get();
        co_return result;
    };
    if (sync_wait(in_order(jobs)) != 20) return false;
    sync_wait(bobbin::wait_all(jobs));
    return true;
}
bool awaits_another_pools(thread_pool& pool) {
    thread_pool other({.threads = 1});
    auto body = [&other]() -> task<bool> {
        for (int i = 0; i < 5; ++i) {
            auto j = other.submit(slowly_twice, i);
            const int result = co_await std::move(j);
            if (result != 2 * i) co_return false;
        }
        co_return true;
    };
    return sync_wait(pool, body());
}

// --- tasks ---

task<bool> runs_all() {
    auto [a, b] = co_await bobbin::when_all(slowly_twice(1), slowly_twice(2));
    std::vector<task<int>> more;
    for (int i = 0; i < 300; ++i) more.push_back(slowly_twice(i));
    const auto results = co_await bobbin::when_all(std::move(more));
    co_return a == 2 && b == 4 && results.at(299) == 598;
}
task<bool> blocks() {
    // The last one has left; so threads are made in each round.
    bobbin::set_blocking_options({.keep_alive = std::chrono::nanoseconds(0)});
    const int one = co_await bobbin::blocking(twice, 3);
    auto [two, three] =
        co_await bobbin::when_all(bobbin::blocking(twice, 4), bobbin::blocking(twice, 5));
    co_return one == 6 && two == 8 && three == 10;
}

task<bool> runs_any() {
    auto first = [](task<int> of) -> task<void> { co_await std::move(of); };
    const auto won = co_await bobbin::when_any(first(slowly_twice(1)), until_stopped());
    co_return won.index == 0;
}
task<bool> runs_in_scope() {
    std::atomic<int> ended = 0;
    auto child = [](std::atomic<int>* count) -> task<void> {
        co_await bobbin::sleep_for(1us);
        ++*count;
    };
    auto body = [&](nursery& children) -> task<void> {
        for (int i = 0; i < 100; ++i) children.spawn(child(&ended));
        static_cast<void>(children.stop_token());
        co_return;
    };
    co_await bobbin::scope(body);
    co_return ended == 100;
}
task<bool> runs_in_time() {
    if (co_await bobbin::with_timeout(1h, slowly_twice(1)) != 2) co_return false;
    bool late = false;
    try {
        co_await bobbin::with_timeout(1ms, until_stopped());
    } catch (const bobbin::timed_out&) {
        late = true;
    }
    co_return late;
}
task<bool> loops() {
    std::vector<int> squares(1000);
    auto body = [&](int i) { squares[static_cast<std::size_t>(i)] = i * i; };
    co_await bobbin::parallel_for(0, 1000, body);
    const int all = co_await bobbin::transform_reduce(0, 1000, 0, std::plus<>(), twice);
    co_return all == 999 * 1000 && squares[999] == 999 * 999;
}

const std::vector<operation>& all_operations() {
    static const std::vector<operation> all = {
        {"thread_pool", nullptr,
         [](void*) {
             const thread_pool pool({.threads = 2});
             return pool.size() == 2;
         }},
        {"thread_pool with processors and hooks", nullptr,
         [](void*) {
             std::atomic<int> calls = 0;
             {
                 const thread_pool pool(
                     {.threads = 2,
                      .cpus = bobbin::available_cpus(),
                      .on_thread_start =
                          [&] { calls += std::string(99, '1').size() == 99 ? 1 : 0; },
                      .on_thread_stop = [&] { ++calls; }});
             }
             return calls == 4;
         }},
        on_threads("submit", submits),
        on_threads("submit with options", submits_with_options),
        on_threads("submit, late", times_out),
        on_threads("on_done", calls_back),
        on_threads("cancel", cancels),
        on_threads("stop", stops),
        on_threads("spawn", spawns),
        on_threads("map", maps),
        on_threads("map of coroutines", maps_coroutines),
        on_threads("map in a task of the pool", maps_from_its_own_threads),
        on_threads("starmap", maps_tuples),
        on_threads("map_each", maps_each),
        on_threads("map_each, late", expires_in_map),
        on_threads("map_stream", streams),
        on_threads("map_unordered", streams_unordered),
        on_threads("map_reduce", reduces),
        on_threads("wait_any, as_completed, wait_all", waits_for_some),
        on_threads("await a job of another pool", awaits_another_pools),
        in_task("when_all, sleep_for", runs_all),
        in_task("when_any", runs_any),
        in_task("blocking", blocks),
        in_task("scope", runs_in_scope),
        in_task("with_timeout", runs_in_time),
        in_task("parallel_for, transform_reduce", loops),
        {"sync_wait", nullptr,
         [](void*) {
             auto direct = []() -> task<int> { co_return 1; };
             return sync_wait(direct()) == 1;
         }},
    };
    return all;
}

}  // namespace

TEST_CASE("no allocation of the runtime's that fails ends the program, hangs, or leaks") {
    test::out_of_memory::check(all_operations());
}

int main(int argc, char** argv) {
    if (const auto code = test::out_of_memory::run_here(argc, argv, all_operations())) return *code;
    return doctest::Context(argc, argv).run();
}
