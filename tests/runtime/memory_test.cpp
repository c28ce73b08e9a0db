// Goal: tasks cost little memory, and give it back. Method: resident memory, measured in a process
// of its own each time. The same at full length is in memory_long_test.cpp.

#include "memory.hpp"

#include "frames.hpp"
#include "gate.hpp"

#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

namespace {

using bobbin::nursery;
using bobbin::task;

constexpr int million = 1'000'000;

// Waits until all have come and the gate is opened: begun and not finished.
struct crowd {
    explicit crowd(int size) noexcept : count(size), missing(size) {}
    const int count;
    std::atomic<int> missing;
    test::gate complete;
    test::gate opened;
};

template <class Task>
Task wait_in(crowd& all) {
    if (all.missing.fetch_sub(1) == 1) all.complete.open();
    co_await all.opened;
}

// Memory that its members take each, at the worst moment, beyond their own frames.
long cost_each(const crowd& all, long resident_before) {
    crowd none(0);
    const auto frame = static_cast<long>(wait_in<test::measured_frame>(none).size());
    return (test::most_resident_bytes() - resident_before) / all.count - frame;
}

// Spawned by a task; returns what they cost each.
task<long> crowd_of(int count) {
    crowd all(count);
    const long before = test::resident_bytes();
    auto body = [&](nursery& children) -> task<long> {
        for (int i = 0; i < count; ++i) children.spawn(wait_in<task<void>>(all));
        co_await all.complete;
        const long cost = cost_each(all, before);
        all.opened.open();
        co_return cost;
    };
    co_return co_await bobbin::scope(body);
}

// Makes frames when its thread ends.
struct late_user {
    bool used = false;
    ~late_user() {
        if (used) bobbin::sync_wait(test::frame_of_at_least<500>());
    }
};
thread_local late_user last;

// One thread leaves frames for all to share, another takes such and ends.
void share_frames_and_end_late() {
    std::vector<task<void>> tasks;
    for (int i = 0; i < 1000; ++i) tasks.push_back(test::frame_of_at_least<500>());
    std::thread([&] { tasks.clear(); }).join();
    std::thread([] {
        last.used = true;  // before the frames: destroyed after the thread's cache of them
        bobbin::sync_wait(test::frame_of_at_least<500>());
    }).join();
}

// Submits jobs from a task, keeps and awaits them; returns what they cost each.
task<long> keep_jobs(bobbin::thread_pool& pool, int count) {
    const long before = test::resident_bytes();
    std::vector<bobbin::job<int>> jobs;
    jobs.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) jobs.push_back(pool.submit([](int value) { return value; }, i));
    for (int i = 0; i < count; ++i) {
        const int value = co_await jobs[static_cast<std::size_t>(i)];
        if (value != i) co_return -1;
    }
    co_return (test::most_resident_bytes() - before) / count;
}

}  // namespace

TEST_CASE("a million unfinished tasks, spawned by a task, cost less than 300 bytes each") {
    for (const unsigned threads : {1U, 2U}) {
        const long cost = test::in_own_process([threads] {
            bobbin::thread_pool pool({.threads = threads, .name = "test"});
            return bobbin::sync_wait(pool, crowd_of(million));
        });
        MESSAGE(cost, " bytes each, on ", threads, " threads");
        CHECK(cost >= 0);
        CHECK(cost < 300);
    }
}

TEST_CASE(
    "a million unfinished tasks, spawned by a foreign thread, cost less than 300 bytes each") {
    const long cost = test::in_own_process([] {
        bobbin::thread_pool pool({.threads = 2, .name = "test"});
        crowd all(million);
        long measured = -1;
        const long before = test::resident_bytes();
        std::thread foreign;
        auto body = [&](nursery& children) -> task<void> {
            foreign = std::thread([&] {
                for (int i = 0; i < million; ++i) children.spawn(wait_in<task<void>>(all));
            });
            co_await all.complete;
            measured = cost_each(all, before);
            foreign.join();
            all.opened.open();
        };
        bobbin::sync_wait(pool, bobbin::scope(body));
        return measured;
    });
    MESSAGE(cost, " bytes each");
    CHECK(cost >= 0);
    CHECK(cost < 300);
}

TEST_CASE("a million unfinished tasks, spawned on the pool itself, cost less than 300 bytes each") {
    const long cost = test::in_own_process([] {
        bobbin::thread_pool pool({.threads = 2, .name = "test"});
        crowd all(million);
        const long before = test::resident_bytes();
        for (int i = 0; i < million; ++i) pool.spawn(wait_in<task<void>>(all));
        auto wait = [&]() -> task<long> {
            co_await all.complete;
            const long measured = cost_each(all, before);
            all.opened.open();
            co_return measured;
        };
        return bobbin::sync_wait(pool, wait());
    });
    MESSAGE(cost, " bytes each");
    CHECK(cost >= 0);
    CHECK(cost < 300);
}

TEST_CASE("a million jobs kept cost less than 300 bytes each") {
    const long cost = test::in_own_process([] {
        bobbin::thread_pool pool({.threads = 2, .name = "test"});
        return bobbin::sync_wait(pool, keep_jobs(pool, million));
    });
    MESSAGE(cost, " bytes each");
    CHECK(cost >= 0);
    CHECK(cost < 300);
}

TEST_CASE("a crowd that comes again and again takes no more memory each time") {
    constexpr int count = million / 10;
    constexpr int rounds = 10;
    const long growth = test::in_own_process([] {
        // One thread: more would share the memory out among malloc's arenas, each time otherwise.
        bobbin::thread_pool pool({.threads = 1, .name = "test"});
        bobbin::sync_wait(pool, crowd_of(count));
        const long first = test::most_resident_bytes();
        for (int i = 0; i < rounds; ++i) bobbin::sync_wait(pool, crowd_of(count));
        return test::most_resident_bytes() - first;
    });
    MESSAGE(growth, " bytes");
    CHECK(growth >= 0);
    CHECK(growth < rounds * count);  // a byte each
}

TEST_CASE("a fork-join tree of 7 million tasks takes less than 20 MB resident") {
    const long most = test::in_own_process([] { return test::most_resident_in_fib(32); });
    MESSAGE(most, " bytes");
    CHECK(most > 0);
    CHECK(most < 20'000'000);
}

TEST_CASE("frames made on one thread and ended on another keep memory flat") {
    const long growth =
        test::in_own_process([] { return test::growth_by_handing_over(1'000'000); });
    MESSAGE(growth, " bytes");
    CHECK(growth >= 0);
    CHECK(growth < 1024 * 1024);
}

TEST_CASE("frames made by the destructors of a thread's variables go with the thread") {
    const long growth = test::in_own_process([] {
        for (int i = 0; i < 100; ++i) share_frames_and_end_late();
        const long before = test::most_resident_bytes();
        for (int i = 0; i < 1000; ++i) share_frames_and_end_late();
        return test::most_resident_bytes() - before;
    });
    MESSAGE(growth, " bytes");
    CHECK(growth >= 0);
    CHECK(growth < 4 * 1024 * 1024);
}
