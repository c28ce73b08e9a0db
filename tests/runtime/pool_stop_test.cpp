// Stopping a pool: what has not begun never does, what runs is told, and nothing more comes in.
#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::nursery;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;

task<int> answer() {
    co_return 42;
}

task<void> add_one(std::atomic<int>& to) {
    ++to;
    co_return;
}

// Keeps a thread of a pool busy until it is told to go on.
class busy_thread {
public:
    explicit busy_thread(thread_pool& pool) {
        boost::asio::post(pool.get_executor(), [this] {
            is_busy_.count_down();
            go_on_.wait();
            has_gone_on_.count_down();
        });
        is_busy_.wait();
    }
    busy_thread(const busy_thread&) = delete;
    busy_thread& operator=(const busy_thread&) = delete;
    ~busy_thread() {
        go_on_.count_down();
        has_gone_on_.wait();
    }

private:
    std::latch is_busy_{1};
    std::latch go_on_{1};
    std::latch has_gone_on_{1};
};

// More tasks than there will ever be time for.
task<void> endless_tree(int depth) {
    if (depth == 0) co_return;
    co_await bobbin::when_all(endless_tree(depth - 1), endless_tree(depth - 1));
}

}  // namespace

TEST_CASE("a stopped pool takes nothing in, and says so with its name") {
    thread_pool pool({.threads = 2, .name = "shop"});
    pool.stop();
    CHECK_THROWS_AS(pool.spawn(task<void>(endless_tree(0))), bobbin::pool_closed);
    try {
        sync_wait(pool, answer());
        FAIL("it was taken in");
    } catch (const bobbin::pool_closed& e) {
        CHECK(std::string(e.what()).find("'shop' was stopped") != std::string::npos);
    }
    // Nor a second time.
    pool.stop();
    CHECK_THROWS_AS(pool.spawn(task<void>(endless_tree(0))), bobbin::pool_closed);
}

TEST_CASE_FIXTURE(test::balanced, "what has not begun when the pool is stopped never does") {
    std::atomic<int> begun = 0;
    auto work = [&]() -> task<void> {
        const test::counted in_frame;
        ++begun;
        co_return;
    };
    {
        thread_pool pool({.threads = 1});
        const busy_thread only_one(pool);
        for (int i = 0; i < 100; ++i) pool.spawn(work());
        pool.stop();
    }
    CHECK(begun == 0);
}

TEST_CASE("a task that is waited for and has not begun ends as cancelled") {
    thread_pool pool({.threads = 1});
    bool was_cancelled = false;
    std::thread waiter;
    {
        const busy_thread only_one(pool);
        waiter = std::thread([&] {
            try {
                sync_wait(pool, answer());
            } catch (const bobbin::cancelled&) {
                was_cancelled = true;
            }
        });
        while (pool.stats().injected == 0) std::this_thread::yield();
        pool.stop();
    }
    waiter.join();
    CHECK(was_cancelled);
}

TEST_CASE("sleepers wake as cancelled when the pool is stopped") {
    std::atomic<int> woken = 0;
    std::latch all_sleep(100);
    auto sleep = [&]() -> task<void> {
        all_sleep.count_down();
        try {
            co_await bobbin::sleep_for(1h);
        } catch (const bobbin::cancelled&) {
            ++woken;
        }
    };
    {
        thread_pool pool({.threads = 2});
        for (int i = 0; i < 100; ++i) pool.spawn(sleep());
        all_sleep.wait();
        pool.stop();
    }
    CHECK(woken == 100);
}

TEST_CASE("a fork-join tree ends soon after the pool is stopped") {
    for (const unsigned threads : {1U, 2U}) {
        CAPTURE(threads);
        thread_pool pool({.threads = threads});
        std::latch begun(1);
        auto tree = [&]() -> task<void> {
            begun.count_down();
            co_await endless_tree(60);
        };
        std::thread stopper([&] {
            begun.wait();
            pool.stop();
        });
        CHECK_THROWS_AS(sync_wait(pool, tree()), bobbin::cancelled);
        stopper.join();
    }
}

TEST_CASE("a fork-join tree ends soon after its time is over") {
    test::in_every_pool([](test::place& place) {
        CHECK_THROWS_AS(place.run(bobbin::with_timeout(2ms, endless_tree(60))), bobbin::timed_out);
    });
}

TEST_CASE("a task that runs sees through its token that the pool was stopped") {
    thread_pool pool({.threads = 1});
    std::latch begun(1);
    auto work = [&]() -> task<bool> {
        const auto token = co_await bobbin::this_stop_token();
        begun.count_down();
        while (!token.stop_requested()) std::this_thread::yield();
        co_return true;
    };
    std::thread stopper([&] {
        begun.wait();
        pool.stop();
    });
    CHECK(sync_wait(pool, work()));
    stopper.join();
}

TEST_CASE("a child spawned after the stop counts as cancelled") {
    test::in_every_pool([](test::place& place) {
        std::atomic<int> begun = 0;
        auto body = [&](nursery& children) -> task<void> {
            place.pool().stop();
            children.spawn(add_one(begun));
            co_return;
        };
        auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
        CHECK_THROWS_AS(place.run(work()), bobbin::cancelled);
        CHECK(begun == 0);
    });
}

TEST_CASE("a task may stop its own pool, and goes on") {
    test::in_every_pool([](test::place& place) {
        auto work = [&]() -> task<int> {
            place.pool().stop();
            co_return co_await answer();
        };
        CHECK(place.run(work()) == 42);
    });
}

TEST_CASE("handlers of Asio's still run on a stopped pool") {
    std::atomic<int> ran = 0;
    {
        thread_pool pool({.threads = 2});
        pool.stop();
        for (int i = 0; i < 100; ++i) boost::asio::post(pool.get_executor(), [&] { ++ran; });
    }
    CHECK(ran == 100);
}

TEST_CASE_FIXTURE(test::balanced, "stop and spawn race: a task begins, or is dropped, or refused") {
    std::atomic<int> begun = 0;
    auto work = [&]() -> task<void> {
        const test::counted in_frame;
        ++begun;
        co_return;
    };
    for (int round = 0; round < 100; ++round) {
        begun = 0;
        int refused = 0;
        {
            thread_pool pool({.threads = 2});
            std::latch start(2);
            std::thread stopper([&] {
                start.arrive_and_wait();
                pool.stop();
            });
            start.arrive_and_wait();
            for (int i = 0; i < 100; ++i) {
                try {
                    pool.spawn(work());
                } catch (const bobbin::pool_closed&) {
                    ++refused;
                }
            }
            stopper.join();
        }
        CHECK(begun + refused <= 100);
        CHECK(test::counted::alive() == 0);
    }
}
