// Threads of pools that block for each other's work: what is noticed, and what is not.
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <doctest/doctest.h>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using bobbin::thread_pool;

struct one_thread : thread_pool {
    one_thread() : thread_pool({.threads = 1}) {}
};

bobbin::task<int> one() {
    co_return 1;
}

// So many pools of one thread; the thread of each waits, by `wait`, for work of the next, which
// can't begin. Returns how many would have waited for ever.
template <class Wait>
int ring(std::size_t size, Wait wait) {
    std::vector<one_thread> pools(size);
    std::barrier all_are_busy(static_cast<std::ptrdiff_t>(size));
    std::atomic<int> refused = 0;
    std::vector<bobbin::job<void>> jobs;
    for (std::size_t i = 0; i < size; ++i)
        jobs.push_back(pools[i].submit([&, next = &pools[(i + 1) % size]] {
            all_are_busy.arrive_and_wait();
            try {
                wait(*next);
            } catch (const bobbin::would_deadlock&) {
                ++refused;
            }
        }));
    for (const auto& each : jobs) each.get();
    return refused;
}

}  // namespace

TEST_CASE("of pools whose threads all wait for each other, one is told, and all goes on") {
    const auto by_get = [](thread_pool& pool) {
        if (pool.submit([] { return 1; }).get() != 1) throw std::logic_error("another's result");
    };
    const auto by_wait = [](thread_pool& pool) { pool.submit([] {}).wait(); };
    const auto by_sync_wait = [](thread_pool& pool) { bobbin::sync_wait(pool, one()); };
    for (const std::size_t size : {2U, 3U, 7U}) {
        CAPTURE(size);
        CHECK(ring(size, by_get) == 1);
        CHECK(ring(size, by_wait) == 1);
        CHECK(ring(size, by_sync_wait) == 1);
    }
}

TEST_CASE("all threads of a pool have to be blocked: one that is free does the work") {
    one_thread few;
    thread_pool many({.threads = 2});
    std::barrier both_are_busy(2);
    const auto a = few.submit([&] {
        both_are_busy.arrive_and_wait();
        return many.submit([] { return 1; }).get();
    });
    const auto b = many.submit([&] {
        both_are_busy.arrive_and_wait();
        return few.submit([] { return 2; }).get();
    });
    CHECK(a.get() == 1);
    CHECK(b.get() == 2);
}

TEST_CASE("a thread that is about to be woken is not blocked") {
    one_thread first;
    one_thread second;
    for (int i = 0; i < 2000; ++i) {
        std::promise<void> has_begun;
        std::promise<void> is_behind;
        const auto leaf = second.submit([&, behind = is_behind.get_future().share()] {
            has_begun.set_value();
            behind.wait();
            return 1;
        });
        has_begun.get_future().wait();  // or `crosses` might begin before it, and both be blocked
        const auto waits = first.submit([&] { return leaf.get(); });
        const auto pending = first.submit([] { return 2; });
        // Begins when `leaf` ends, and finds the other thread just being woken.
        const auto crosses = second.submit([&] { return pending.get(); });
        is_behind.set_value();
        REQUIRE(waits.get() == 1);
        REQUIRE(crosses.get() == 2);
    }
}

TEST_CASE("a thread that blocks for anything else is not noticed") {
    one_thread first;
    one_thread second;
    std::promise<int> outside;
    std::promise<void> blocks;
    const auto a = first.submit([&] {
        blocks.set_value();
        return outside.get_future().get();
    });
    blocks.get_future().wait();
    const auto b = second.submit([&] { return first.submit([] { return 2; }).get(); });
    const auto behind = second.submit([] { return 3; });
    while (!b.running()) std::this_thread::yield();
    outside.set_value(1);
    CHECK(a.get() == 1);
    CHECK(b.get() == 2);
    CHECK(behind.get() == 3);
}
