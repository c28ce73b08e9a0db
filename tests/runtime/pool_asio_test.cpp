// The pool as Boost.Asio sees it: an execution context whose executor runs handlers, strands,
// timers and sockets on the threads that run the tasks, and that keeps its turn when they are busy.
#include "places.hpp"

#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/occupancy.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <doctest/doctest.h>
#include <future>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::nursery;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
namespace asio = boost::asio;
using stream = asio::local::stream_protocol::socket;
using std::chrono::steady_clock;

// One read or write, awaited as any foreign awaitable is.
template <class Start>
class transfer {
public:
    explicit transfer(Start start) : start_(std::move(start)) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        start_([this, waiting](boost::system::error_code error, std::size_t size) {
            size_ = error ? 0 : size;
            waiting.resume();
        });
    }
    std::size_t await_resume() const noexcept { return size_; }

private:
    Start start_;
    std::size_t size_ = 0;
};

auto read_some(stream& from, std::array<char, 64>& to) {
    return transfer(
        [&](auto handler) { from.async_read_some(asio::buffer(to), std::move(handler)); });
}

auto write_all(stream& to, const std::array<char, 64>& from, std::size_t size) {
    return transfer([&to, &from, size](auto handler) {
        asio::async_write(to, asio::buffer(from, size), std::move(handler));
    });
}

task<int> echo_until_closed(stream& socket) {
    std::array<char, 64> data{};
    int echoes = 0;
    for (;;) {
        const std::size_t size = co_await read_some(socket, data);
        if (size == 0) co_return echoes;
        co_await write_all(socket, data, size);
        ++echoes;
    }
}

task<int> ready() {
    co_return 1;
}

void spin_for(std::chrono::nanoseconds time) {
    const auto end = steady_clock::now() + time;
    while (steady_clock::now() < end) {
    }
}

// Far more than a turn, for conditions that must come about while a task does not end.
steady_clock::time_point patience() {
    return steady_clock::now() + 20s;
}

}  // namespace

TEST_CASE("the executor's occupancy is the number of threads, from the first moment on") {
    for (const unsigned threads : {1U, 3U}) {
        thread_pool pool({.threads = threads});
        CHECK(asio::query(pool.get_executor(), asio::execution::occupancy) == threads);
    }
}

TEST_CASE("handlers run on the pool's threads, dispatched ones at once if they are there") {
    test::in_every_pool([](test::place& place) {
        const auto executor = place.pool().get_executor();
        std::promise<bool> at_once;
        asio::post(executor, [&] {
            bool ran = false;
            asio::dispatch(executor, [&] { ran = executor.running_in_this_thread(); });
            at_once.set_value(ran);
        });
        CHECK(at_once.get_future().get());
        CHECK_FALSE(executor.running_in_this_thread());
        auto here = [&]() -> task<bool> { co_return executor.running_in_this_thread(); };
        CHECK(place.run(here()));
    });
}

TEST_CASE("the executor goes into an any_io_executor") {
    thread_pool pool({.threads = 2});
    const asio::any_io_executor any = pool.get_executor();
    std::promise<std::thread::id> ran_on;
    asio::post(any, [&] { ran_on.set_value(std::this_thread::get_id()); });
    CHECK(ran_on.get_future().get() != std::this_thread::get_id());
    CHECK(any == asio::any_io_executor(pool.get_executor()));
}

TEST_CASE("a strand over the executor runs one handler at a time, in order") {
    thread_pool pool({.threads = 4});
    auto strand = asio::make_strand(pool.get_executor());
    int next = 0;
    bool in_order = true;
    std::promise<void> all_ran;
    for (int i = 0; i < 1000; ++i)
        asio::post(strand, [&, i] {
            in_order = in_order && next == i;
            if (++next == 1000) all_ran.set_value();
        });
    all_ran.get_future().wait();
    CHECK(in_order);
}

TEST_CASE("a timer made from the pool itself fires on the pool") {
    thread_pool pool({.threads = 1});
    asio::steady_timer timer(pool, 1ms);
    std::promise<bool> fired;
    timer.async_wait([&](boost::system::error_code error) {
        fired.set_value(!error && pool.get_executor().running_in_this_thread());
    });
    CHECK(fired.get_future().get());
}

TEST_CASE("tasks serve a socket of the pool's") {
    test::in_every_pool([](test::place& place) {
        asio::io_context own;
        stream served(place.pool());
        stream client(own);
        asio::local::connect_pair(served, client);
        std::thread asking([&] {
            std::array<char, 16> answer{};
            bool right = true;
            for (char i = 0; i < 100; ++i) {
                std::array<char, 16> question{};
                question.fill(i);
                asio::write(client, asio::buffer(question));
                asio::read(client, asio::buffer(answer));
                right = right && answer == question;
            }
            CHECK(right);
            client.close();
        });
        CHECK(place.run(echo_until_closed(served)) >= 100);
        asking.join();
    });
}

TEST_CASE("a handler may spawn tasks, and a task may post handlers") {
    std::atomic<int> ran = 0;
    auto work = [&](thread_pool& pool) -> task<void> {
        asio::post(pool.get_executor(), [&] { ++ran; });
        ++ran;
        co_return;
    };
    {
        thread_pool pool({.threads = 2});
        for (int i = 0; i < 100; ++i)
            asio::post(pool.get_executor(), [&] { pool.spawn(work(pool)); });
    }
    CHECK(ran == 200);
}

TEST_CASE("a thief that finds one task at a time lets Asio have its turn") {
    std::atomic<bool> fired = false;
    thread_pool pool({.threads = 2});
    auto tiny = []() -> task<void> {
        spin_for(500ns);
        co_return;
    };
    // Holds its thread until the timer has fired, and keeps the other just busy.
    auto body = [&](nursery& children) -> task<void> {
        asio::steady_timer timer(pool, 1ms);
        timer.async_wait([&](boost::system::error_code) { fired = true; });
        for (const auto end = patience(); !fired && steady_clock::now() < end;)
            children.spawn(tiny());
        CHECK(fired);
        co_return;
    };
    auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
    sync_wait(pool, work());
}

TEST_CASE("a child begins though its parent, on one thread, only awaits what is ready") {
    thread_pool pool({.threads = 1});
    bool begun = false;
    auto child = [&]() -> task<void> {
        begun = true;
        co_return;
    };
    auto body = [&](nursery& children) -> task<void> {
        children.spawn(child());
        for (const auto end = patience(); !begun && steady_clock::now() < end;) co_await ready();
        CHECK(begun);
    };
    auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
    sync_wait(pool, work());
}

TEST_CASE("hundreds begin within some turns though what runs on top of them never rests") {
    constexpr int crowd = 200;
    for (const bool from_outside : {false, true}) {
        CAPTURE(from_outside);
        thread_pool pool({.threads = 1});
        int begun = 0;
        auto child = [&]() -> task<void> {
            ++begun;
            co_return;
        };
        auto body = [&](nursery& children) -> task<void> {
            const auto spawn = [&] {
                for (int i = 0; i < crowd; ++i) children.spawn(child());
            };
            if (from_outside)
                std::thread(spawn).join();
            else
                spawn();
            const auto before = pool.stats().yielded;
            for (const auto end = patience(); begun < crowd && steady_clock::now() < end;)
                co_await ready();
            CHECK(begun == crowd);
            // One of them in 64 turns would make 12,800.
            CHECK(pool.stats().yielded - before < 64 * 20);
        };
        auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
        sync_wait(pool, work());
    }
}

TEST_CASE("work from outside begins though tasks on all threads only await what is ready") {
    for (const unsigned threads : {1U, 2U}) {
        CAPTURE(threads);
        std::atomic<bool> begun = false;
        std::atomic<unsigned> polling = 0;
        auto poll = [&]() -> task<void> {
            ++polling;
            for (const auto end = patience(); !begun && steady_clock::now() < end;)
                co_await ready();
            CHECK(begun);
        };
        auto begin = [&]() -> task<void> {
            begun = true;
            co_return;
        };
        thread_pool pool({.threads = threads});
        for (unsigned i = 0; i < threads; ++i) pool.spawn(poll());
        while (polling < threads) std::this_thread::yield();
        sync_wait(pool, begin());
    }
}

TEST_CASE("a turn that ends with a full deque and work from outside loses no task") {
    // Sought among deques of 256: the room that ends just between the work from outside and the
    // task to go on with.
    constexpr std::size_t outside = 40;
    for (std::size_t inside = 190; inside <= 260; ++inside) {
        CAPTURE(inside);
        std::vector<std::atomic<int>> runs(inside + outside);
        auto once = [&](std::size_t i) -> task<void> {
            ++runs[i];
            co_return;
        };
        thread_pool pool({.threads = 1});
        auto body = [&](nursery& children) -> task<void> {
            for (std::size_t i = 0; i < inside; ++i) children.spawn(once(i));
            std::thread([&] {
                for (std::size_t i = inside; i < runs.size(); ++i) children.spawn(once(i));
            }).join();
            spin_for(1ms);
            co_return;
        };
        auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
        sync_wait(pool, work());
        CHECK(std::all_of(runs.begin(), runs.end(), [](const auto& each) { return each == 1; }));
    }
}

TEST_CASE("sleepers that wake on a busy pool leave it as it was") {
    // Each of these completions once left one more loop behind, for Asio's queue to go round.
    thread_pool pool({.threads = 1});
    bool done = false;
    auto busy = [&]() -> task<void> {
        while (!done) co_await ready();
    };
    auto sleep = [&]() -> task<void> {
        for (int i = 0; i < 300; ++i) co_await bobbin::sleep_for(1us);
        done = true;
    };
    auto body = [&](nursery& children) -> task<void> {
        children.spawn(busy());
        children.spawn(sleep());
        co_return;
    };
    auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
    const auto begin = steady_clock::now();
    sync_wait(pool, work());
    // 300 turns of a tenth of a millisecond; with the loops of all before it, each takes longer.
    CHECK(steady_clock::now() - begin < 5s);
}
