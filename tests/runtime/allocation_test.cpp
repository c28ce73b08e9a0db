// Goal: where memory runs out, std::bad_alloc is thrown, what has begun is joined, and nothing is
// left behind. Method: operator new fails the first time, then the second time, and so on until the
// program under test comes through; once for a single failure, once for all from there on. Frames
// of less than 2 KiB don't come from operator new, except under AddressSanitizer: so some are
// larger.

#include "counted.hpp"
#include "gate.hpp"

#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/transform_reduce.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <new>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace {

enum class failing { nothing, once, from_then_on };

// Of the thread that is to run out; a pool's threads never do.
constinit thread_local failing mode = failing::nothing;
constinit thread_local int allocations_left = 0;

bool must_fail() noexcept {
    if (mode == failing::nothing || allocations_left-- > 0) return false;
    if (mode == failing::once) mode = failing::nothing;
    return true;
}

// While it lives, allocation number `nth` fails, counted from 0.
class short_of_memory {
public:
    short_of_memory(failing how, int nth) noexcept {
        allocations_left = nth;
        mode = how;
    }
    short_of_memory(const short_of_memory&) = delete;
    short_of_memory& operator=(const short_of_memory&) = delete;
    ~short_of_memory() { mode = failing::nothing; }
};

}  // namespace

// Not inline: g++ would see free() end what new began.
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (must_fail()) throw std::bad_alloc();
    if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

// Where Asio takes memory from.
extern "C" [[gnu::noinline]] void* aligned_alloc(std::size_t alignment, std::size_t size) {
    void* memory = nullptr;
    const auto pointers = std::max(alignment, sizeof(void*));
    return must_fail() || posix_memalign(&memory, pointers, size) != 0 ? nullptr : memory;
}

namespace {

using bobbin::nursery;
using bobbin::task;
using test::balanced;
using test::counted;

// A frame that operator new must make.
task<counted> large(counted value) {
    std::array<char, 3000> held{};
    held.back() = 1;
    static_cast<void>(co_await bobbin::this_stop_token());
    value.value += held.back();
    co_return value;
}
task<void> dropped(counted value) {
    co_await large(std::move(value));
}

// Runs `program` with one more allocation each time, until it succeeds; it returns 1 then.
template <class Program>
void run_out_of_memory(Program program) {
    for (const failing how : {failing::once, failing::from_then_on}) {
        CAPTURE(static_cast<int>(how));
        int failures = 0;
        for (bool enough = false; !enough; ++failures) {
            CAPTURE(failures);
            auto limited = [&]() -> task<int> {
                const short_of_memory until_end(how, failures);
                co_return co_await program();
            };
            try {
                const int result = bobbin::sync_wait(limited());
                CHECK(result == 1);
                enough = true;
            } catch (const std::bad_alloc&) {
            }
            CHECK(counted::alive() == 0);
            REQUIRE(failures < 10'000);
        }
        CHECK(failures > 1);
    }
}

// Calls `send(task)` with one more allocation each time, until it succeeds. Only then may the task
// run.
template <class Send>
void run_out_of_memory_outside(Send send) {
    for (const failing how : {failing::once, failing::from_then_on}) {
        CAPTURE(static_cast<int>(how));
        int failures = 0;
        for (bool enough = false; !enough; ++failures) {
            CAPTURE(failures);
            std::atomic<int> runs = 0;
            auto work = [&runs](counted) -> task<void> {
                ++runs;
                co_return;
            };
            enough = send(work(counted(1)), how, failures);
            CHECK(runs == (enough ? 1 : 0));
            CHECK(counted::alive() == 0);
            REQUIRE(failures < 1000);
        }
        CHECK(failures > 1);
    }
}

// True if `start` comes through.
template <class Start>
bool comes_through(failing how, int nth, Start start) {
    try {
        const short_of_memory until_end(how, nth);
        start();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

}  // namespace

TEST_CASE_FIXTURE(balanced, "a frame that cannot be allocated is an error of the call") {
    run_out_of_memory([]() -> task<int> {
        const counted held(0);
        const counted sum = co_await large(co_await large(held));
        co_return sum.value - 1;
    });
}

TEST_CASE_FIXTURE(balanced, "a group that cannot be made or begun leaves nothing behind") {
    run_out_of_memory([]() -> task<int> {
        auto [a, b, c] =
            co_await bobbin::when_all(large(counted(1)), large(counted(2)), dropped(counted(3)));
        co_return a.value == 2 && b.value == 3 ? 1 : 0;
    });
}

TEST_CASE_FIXTURE(balanced, "a group of more than a deque holds leaves nothing behind") {
    run_out_of_memory([]() -> task<int> {
        auto small = [](counted value) -> task<counted> { co_return value; };
        std::vector<task<counted>> tasks;
        for (int i = 0; i < 600; ++i) tasks.push_back(small(counted(i)));
        const auto results = co_await bobbin::when_all(std::move(tasks));
        co_return results.at(599).value == 599 ? 1 : 0;
    });
}

TEST_CASE_FIXTURE(balanced, "a race leaves nothing behind") {
    run_out_of_memory([]() -> task<int> {
        const auto first = co_await bobbin::when_any(dropped(counted(1)), test::until_stopped());
        co_return first.index == 0 ? 1 : 0;
    });
}

TEST_CASE_FIXTURE(balanced, "a spawn that fails has started nothing, and the rest is joined") {
    run_out_of_memory([]() -> task<int> {
        int begun = 0;
        int spawned = 0;
        auto child = [&](counted) -> task<void> {
            ++begun;
            co_return;
        };
        auto body = [&](nursery& children) -> task<int> {
            children.spawn(dropped(counted(1)));
            for (; spawned < 600; ++spawned) children.spawn(child(counted(spawned)));
            co_return 1;
        };
        try {
            const int result = co_await bobbin::scope(body);
            co_return begun == 600 ? result : 0;
        } catch (const std::bad_alloc&) {
            CHECK(begun <= spawned);
            throw;
        }
    });
}

TEST_CASE_FIXTURE(balanced, "nested scopes whose stop cannot be listened to end in order") {
    run_out_of_memory([]() -> task<int> {
        auto listen = [](counted) -> task<void> {
            const std::stop_token token = co_await bobbin::this_stop_token();
            CHECK_FALSE(token.stop_requested());
        };
        auto inner = [&](nursery& children) -> task<void> {
            children.spawn(listen(counted(1)));
            co_await listen(counted(2));
        };
        auto outer = [&](nursery& children) -> task<int> {
            children.spawn(bobbin::scope(inner));
            static_cast<void>(children.stop_token());
            co_await bobbin::scope(inner);
            co_return 1;
        };
        co_return co_await bobbin::scope(outer);
    });
}

TEST_CASE_FIXTURE(balanced, "an error in nested groups reaches its listeners") {
    run_out_of_memory([]() -> task<int> {
        auto fail = [](counted) -> task<void> {
            throw 42;
            co_return;
        };
        auto group = [&]() -> task<void> {
            co_await bobbin::when_all(test::until_stopped(), dropped(counted(1)));
        };
        auto groups = [&]() -> task<void> {
            co_await bobbin::when_all(group(), group(), fail(counted(2)));
        };
        try {
            co_await groups();
        } catch (int error) {
            co_return error == 42 ? 1 : 0;
        }
        co_return 0;
    });
}

TEST_CASE_FIXTURE(balanced, "parallel loops and reductions leave nothing behind") {
    run_out_of_memory([]() -> task<int> {
        int sum = 0;
        auto body = [&sum](int i) -> task<void> { sum += (co_await large(counted(i))).value; };
        co_await bobbin::parallel_for(0, 10, body);
        const auto value = [](int i) { return std::vector<int>{i}; };
        const auto join = [](std::vector<int> left, const std::vector<int>& right) {
            left.insert(left.end(), right.begin(), right.end());
            return left;
        };
        const auto all = co_await bobbin::transform_reduce(0, 10, std::vector<int>(), join, value);
        co_return sum == 55 && all.size() == 10 ? 1 : 0;
    });
}

TEST_CASE_FIXTURE(balanced, "a task that a pool cannot be told of has not begun") {
    run_out_of_memory_outside([](task<void> work, failing how, int nth) {
        bobbin::thread_pool pool({.threads = 1});
        return comes_through(how, nth, [&] { pool.spawn(std::move(work)); });
    });
}

TEST_CASE_FIXTURE(balanced, "a task that cannot be sent to be waited for has not begun") {
    run_out_of_memory_outside([](task<void> work, failing how, int nth) {
        bobbin::thread_pool pool({.threads = 1});
        return comes_through(how, nth, [&] { bobbin::sync_wait(pool, std::move(work)); });
    });
    run_out_of_memory_outside([](task<void> work, failing how, int nth) {
        return comes_through(how, nth, [&] { bobbin::sync_wait(std::move(work)); });
    });
}

TEST_CASE_FIXTURE(balanced, "a child that another thread cannot spawn has not begun") {
    run_out_of_memory_outside([](task<void> work, failing how, int nth) {
        bool spawned = false;
        auto body = [&](nursery& children) -> task<void> {
            std::thread([&] {
                spawned = comes_through(how, nth, [&] { children.spawn(std::move(work)); });
            }).join();
            co_return;
        };
        {
            // Two threads: one waits in the body, the other must be woken.
            bobbin::thread_pool pool({.threads = 2});
            auto all = [&]() -> task<void> { co_await bobbin::scope(body); };
            bobbin::sync_wait(pool, all());
        }
        return spawned;
    });
}
