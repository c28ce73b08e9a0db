// Goal: every loop of the library's over steps of a user's looks up between two long steps: Asio's
// handlers have their turn, and a request to stop is seen. Method: steps that are longer than a
// turn, on one thread; one of them posts a handler or asks for the stop, and the steps after it are
// counted. No clock says what is right.

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/transform_reduce.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace {

using namespace std::chrono_literals;
using bobbin::task;
using bobbin::thread_pool;

// Ten turns.
void take_long() {
    const auto end = std::chrono::steady_clock::now() + 1ms;
    while (std::chrono::steady_clock::now() < end) {
    }
}

// The steps of a loop, one of which does something.
class steps {
public:
    static constexpr int enough = 100;  // more than the tests look at

    explicit steps(std::function<void()> act) : act_(std::move(act)) {}
    int taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
    int one() {
        take_long();
        if (taken_.fetch_add(1, std::memory_order_relaxed) == 20) act_();
        return 0;
    }

private:
    std::function<void()> act_;
    std::atomic<int> taken_{0};
};

task<void> transform(thread_pool& /*pool*/, steps& all) {
    static_cast<void>(co_await bobbin::transform_reduce(0, 100 * steps::enough, 0, std::plus<>(),
                                                        [&all](int) { return all.one(); }));
}
task<void> reduce(thread_pool& /*pool*/, steps& all) {
    static_cast<void>(co_await bobbin::transform_reduce(
        0, 100 * steps::enough, 0, [&all](int, int) { return all.one(); },
        [](int i) { return i; }));
}
task<void> visit(thread_pool& /*pool*/, steps& all) {
    co_await bobbin::parallel_for(0, steps::enough, [&all](int) { all.one(); });
}
task<void> map(thread_pool& pool, steps& all) {
    static_cast<void>(
        co_await pool.map([&all](int) { return all.one(); }, std::views::iota(0, steps::enough)));
}
task<void> read_stream(thread_pool& pool, steps& all) {
    const bobbin::map_options options = {.chunk_size = 50};  // all there at once
    static_cast<void>(co_await pool.map_reduce([](int i) { return i; },
                                               std::views::iota(0, steps::enough),
                                               [&all](int, int) { return all.one(); }, 0, options));
}
task<void> retry(thread_pool& pool, steps& all) {
    const auto fail = [&all](int) -> int {
        if (all.one() == 0) throw std::runtime_error("again");
        return 0;
    };
    const bobbin::map_options options = {.retries = steps::enough};
    static_cast<void>(co_await pool.map_each(fail, std::views::iota(0, 1), options));
}

constexpr struct {
    const char* name;
    task<void> (*run)(thread_pool&, steps&);
} loops[] = {
    {"transform_reduce: transform", transform},
    {"transform_reduce: reduce", reduce},
    {"parallel_for", visit},
    {"map", map},
    {"map_reduce: reduce", read_stream},
    {"retries", retry},
};

}  // namespace

TEST_CASE("a handler of Asio's has its turn after the next long step of any loop") {
    for (const auto& loop : loops) {
        CAPTURE(loop.name);
        thread_pool pool({.threads = 1, .name = "test"});
        std::atomic<int> seen_after = 0;
        steps all([&] {
            boost::asio::post(pool.get_executor(), [&] {
                seen_after = all.taken();
                pool.stop();  // the rest is not needed
            });
        });
        try {
            bobbin::sync_wait(pool, loop.run(pool, all));
        } catch (const bobbin::cancelled&) {
        }
        CHECK(seen_after >= 21);
        CHECK(seen_after <= 23);
    }
}

TEST_CASE("a request to stop is seen before the next long step of any loop") {
    for (const auto& loop : loops) {
        CAPTURE(loop.name);
        thread_pool pool({.threads = 1, .name = "test"});
        steps all([&pool] { pool.stop(); });
        try {
            bobbin::sync_wait(pool, loop.run(pool, all));
        } catch (const bobbin::cancelled&) {
        }
        CHECK(all.taken() >= 21);
        CHECK(all.taken() <= 22);
    }
}
