// Threads that block until a job has ended, whoever reads its result.
#include "workers.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bobbin::fn;
using test::ipc::event;
using test::ipc::process_pool;

int doubled(int i) {
    return 2 * i;
}
int waits_for(event go) {
    go.wait();
    return 1;
}
int lets_go(event go) {
    go.set();
    return 2;
}
int measures(const std::string& text) {
    return static_cast<int>(text.size());
}
std::vector<bobbin::job<int>> submit_short(process_pool& pool, int count) {
    std::vector<bobbin::job<int>> all;
    for (int i = 0; i < count; ++i) all.push_back(pool.submit(fn<&doubled>(), i));
    return all;
}
int dies(int signal) {
    ::raise(signal);
    return 0;
}

// A value whose destructor waits, where it was decoded: in a worker.
struct lingering {
    event go;
    bool was_decoded = false;
    lingering() = default;
    lingering(lingering&& other) noexcept
        : go(other.go), was_decoded(std::exchange(other.was_decoded, false)) {}
    lingering(const lingering& other) : go(other.go) {}
    lingering& operator=(const lingering&) = delete;
    ~lingering() {
        if (was_decoded) go.wait();
    }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(go);
        was_decoded = Archive::is_loading::value;
    }
};
int takes(const lingering& /*argument*/) {
    return 3;
}

void busy_for(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

// Longer than who waits for results keeps looking.
int takes_long(const lingering& argument) {
    busy_for(std::chrono::milliseconds(1));
    return takes(argument);
}

int busy_for_us(int time) {
    busy_for(std::chrono::microseconds(time));
    return time;
}

// Decoding it waits for another job.
process_pool* asked = nullptr;
struct curious {
    std::vector<int> values;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(values);
        if (Archive::is_loading::value && asked != nullptr)
            for (int& each : values) each = asked->submit(fn<&doubled>(), each).get();
    }
};
curious makes_curious(int value) {
    return {{value}};
}

}  // namespace

TEST_CASE("jobs sent behind one that waits for them go to workers that are idle, at every moment") {
    for (const unsigned workers : {2U, 3U}) {
        process_pool pool(workers);
        for (int i = 0; i < 300; ++i) {
            const auto short_ones = submit_short(pool, 1000);
            // At another moment of what the pool does by itself each time.
            busy_for(std::chrono::microseconds(i));
            event go;
            std::vector<bobbin::job<int>> waiting;
            for (unsigned k = 1; k < workers; ++k)
                waiting.push_back(pool.submit(fn<&waits_for>(), go));
            busy_for(std::chrono::microseconds(i % 41));
            const auto sets = pool.submit(fn<&lets_go>(), go);
            CHECK(sets.get() == 2);
            for (const auto& each : waiting) CHECK(each.get() == 1);
            for (const auto& each : short_ones) each.get();
        }
    }
}

TEST_CASE("jobs sent behind a long one are done while later ones keep the other worker busy") {
    process_pool pool(2);
    event go;
    const auto long_one = pool.submit(fn<&waits_for>(), go);
    const auto first = submit_short(pool, 100);
    std::vector<bobbin::job<int>> later;
    const bool are_done = test::await([&] {
        std::erase_if(later, [](const auto& each) { return each.done(); });
        while (later.size() < 100) later.push_back(pool.submit(fn<&busy_for_us>(), 100));
        return std::ranges::all_of(first, [](const auto& each) { return each.done(); });
    });
    CHECK(are_done);
    go.set();
    CHECK(long_one.get() == 1);
}

TEST_CASE("results for which nobody waits are there soon all the same") {
    process_pool pool(2);
    for (int i = 0; i < 300; ++i) {
        const auto all = submit_short(pool, 1 + 5 * i);
        busy_for(std::chrono::microseconds(2 * i));
        CHECK(test::await([&] {
            return std::ranges::all_of(all, [](const auto& each) { return each.done(); });
        }));
    }
}

TEST_CASE("jobs for which a worker has no room go to another") {
    process_pool pool(2);
    const std::string large(8000, 'x');
    for (int i = 0; i < 100; ++i) {
        const auto short_ones = submit_short(pool, 1000);
        event go;
        std::vector<bobbin::job<int>> all;
        all.push_back(pool.submit(fn<&waits_for>(), go));
        for (int k = 0; k < 20; ++k) all.push_back(pool.submit(fn<&measures>(), large));
        all.push_back(pool.submit(fn<&lets_go>(), go));
        for (const auto& each : all) CHECK(each.get() > 0);
        for (const auto& each : short_ones) each.get();
    }
}

TEST_CASE("a result is not kept back by the job behind it") {
    process_pool pool(1);
    for (int i = 0; i < 300; ++i) {
        event go;
        const auto first = pool.submit(fn<&doubled>(), i);
        const auto second = pool.submit(fn<&waits_for>(), go);
        CHECK(first.get() == 2 * i);
        go.set();
        CHECK(second.get() == 1);
    }
}

TEST_CASE("a result is not kept back by its arguments' destructors") {
    process_pool pool(1);
    for (int i = 0; i < 100; ++i) {
        lingering argument;
        event go = argument.go;
        CHECK(pool.submit(fn<&takes>(), std::move(argument)).get() == 3);
        go.set();
    }
}

TEST_CASE("nor is that of a long job with another behind it") {
    process_pool pool(1);
    for (int i = 0; i < 100; ++i) {
        lingering argument;
        event go = argument.go;
        const auto first = pool.submit(fn<&takes_long>(), std::move(argument));
        const auto second = pool.submit(fn<&doubled>(), i);
        CHECK(first.get() == 3);
        go.set();
        CHECK(second.get() == 2 * i);
    }
}

TEST_CASE("a result whose decoding waits for its own pool fails, and the pool goes on") {
    process_pool pool(2);
    asked = &pool;
    CHECK_THROWS_AS(pool.submit(fn<&makes_curious>(), 4).get(), bobbin::would_deadlock);
    asked = nullptr;
    CHECK(pool.submit(fn<&makes_curious>(), 4).get().values == std::vector{4});
}

TEST_CASE("a callback that stops the pool does so, though the pool's end has begun") {
    for (int i = 0; i < 200; ++i) {
        process_pool pool(1);
        const auto job = pool.submit(fn<&doubled>(), i);
        job.on_done([&pool](const bobbin::job<int>&) { pool.stop(); });
        CHECK(job.get() == 2 * i);
    }
}

TEST_CASE("callbacks run on the pool's thread, not on one that waits for the job") {
    process_pool pool(1);
    for (int i = 0; i < 200; ++i) {
        std::atomic<std::thread::id> ran_on{};
        event go;
        const auto job = pool.submit(fn<&waits_for>(), go);
        job.on_done([&](const bobbin::job<int>&) { ran_on = std::this_thread::get_id(); });
        go.set();
        CHECK(job.get() == 1);
        REQUIRE(test::await([&] { return ran_on.load() != std::thread::id(); }));
        CHECK(ran_on.load() != std::this_thread::get_id());
    }
}

TEST_CASE("each of many threads gets the results of its jobs, one after another") {
    process_pool pool(2);
    std::atomic<int> right = 0;
    constexpr int threads = 4;
    constexpr int jobs = 3000;
    {
        std::vector<std::jthread> all;
        for (int t = 0; t < threads; ++t)
            all.emplace_back([&pool, &right, t] {
                for (int i = 0; i < jobs; ++i) {
                    // Some of them two at a time, so that the only job is one of several at times.
                    const auto one = pool.submit(fn<&doubled>(), i);
                    if (i % 3 == t % 3) right += pool.submit(fn<&doubled>(), i).get() == 2 * i;
                    right += one.get() == 2 * i;
                }
            });
    }
    CHECK(right == threads * (jobs + jobs / 3));
}

TEST_CASE("a thread that waits for the only job learns of its end, whatever that is") {
    test::ipc::process_pool_options options(1);
    options.restart_intensity.most = 1000;
    process_pool pool(options);
    for (int i = 0; i < 20; ++i) {
        CHECK_THROWS_AS(pool.submit(fn<&dies>(), SIGKILL).get(), test::ipc::worker_died);
        CHECK(pool.submit(fn<&doubled>(), i).get() == 2 * i);

        event never;
        CHECK_THROWS_AS(
            pool.submit({.timeout = std::chrono::milliseconds(5)}, fn<&waits_for>(), never).get(),
            bobbin::timed_out);

        event go;
        const auto first = pool.submit(fn<&waits_for>(), go);
        auto second = pool.submit(fn<&doubled>(), i);
        const std::jthread canceller([&] {
            second.cancel();
            go.set();
        });
        CHECK_THROWS_AS(second.get(), bobbin::cancelled);
        CHECK(first.get() == 1);
    }
}

TEST_CASE("a job that is cancelled while the pool is stopped is cancelled, whoever is first") {
    for (int i = 0; i < 100; ++i) {
        process_pool pool(1);
        event go;
        const auto first = pool.submit(fn<&waits_for>(), go);
        REQUIRE(test::await([&] { return first.running(); }));
        auto second = pool.submit(fn<&doubled>(), i);
        pool.stop();
        second.cancel();
        go.set();
        CHECK_THROWS_AS(second.get(), bobbin::cancelled);
        CHECK(second.cancelled());
    }
}

TEST_CASE("a job that others join while a thread waits for it comes all the same") {
    process_pool pool(2);
    for (int i = 0; i < 300; ++i) {
        event go;
        const auto first = pool.submit(fn<&waits_for>(), go);
        std::jthread another([&] {
            CHECK(pool.submit(fn<&doubled>(), i).get() == 2 * i);
            go.set();
        });
        CHECK(first.get() == 1);
    }
}
