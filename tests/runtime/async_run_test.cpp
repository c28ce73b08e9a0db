// Tasks and jobs of pools as Asio's operations: every token, where they complete, and cancellation.
#include "places.hpp"

#include <bobbin/runtime/async_run.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/use_task.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using bobbin::async_run;
using bobbin::async_wait;
using bobbin::task;
using bobbin::thread_pool;
namespace asio = boost::asio;

task<int> doubled(int x) {
    co_return 2 * x;
}
task<> nothing() {
    co_return;
}
task<int> failing() {
    throw std::runtime_error("no");
    co_return 0;
}
// Until it is stopped.
task<int> endless(std::latch* has_begun = nullptr) {
    if (has_begun != nullptr) has_begun->count_down();
    for (;;) co_await bobbin::sleep_for(1h);
}

std::string message_of(const std::exception_ptr& error) {
    try {
        if (error != nullptr) std::rethrow_exception(error);
        return "";
    } catch (const std::exception& thrown) {
        return thrown.what();
    }
}
bool is_cancelled(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const bobbin::cancelled&) {
        return true;
    } catch (...) {
        return false;
    }
}

// Counts what it has given out.
template <class T>
struct counting_allocator {
    using value_type = T;
    explicit counting_allocator(std::atomic<int>& to) noexcept : count(&to) {}
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): as allocators are
    counting_allocator(const counting_allocator<U>& other) noexcept : count(other.count) {}
    T* allocate(std::size_t n) {
        ++*count;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) noexcept {
        --*count;
        std::allocator<T>().deallocate(p, n);
    }
    template <class U>
    bool operator==(const counting_allocator<U>& other) const noexcept {
        return count == other.count;
    }
    std::atomic<int>* count;
};

}  // namespace

TEST_CASE("a callback gets the task's value, its error, or nothing but that it has ended") {
    thread_pool pool({.threads = 2});
    std::promise<int> value;
    async_run(pool, doubled(21), [&](const std::exception_ptr& error, int x) {
        CHECK(error == nullptr);
        value.set_value(x);
    });
    CHECK(value.get_future().get() == 42);
    std::promise<std::string> message;
    async_run(pool, failing(),
              [&](const std::exception_ptr& error, int) { message.set_value(message_of(error)); });
    CHECK(message.get_future().get() == "no");
    std::promise<bool> is_well;
    async_run(pool, nothing(),
              [&](const std::exception_ptr& error) { is_well.set_value(error == nullptr); });
    CHECK(is_well.get_future().get());
}

TEST_CASE("use_future gives a future, detached nothing") {
    thread_pool pool({.threads = 2});
    CHECK(async_run(pool, doubled(3), asio::use_future).get() == 6);
    CHECK_THROWS_AS(async_run(pool, failing(), asio::use_future).get(), std::runtime_error);
    async_run(pool, nothing(), asio::use_future).get();
    CHECK(async_wait(pool.submit([] { return 5; }), asio::use_future).get() == 5);
    std::promise<void> ran;
    async_run(
        pool,
        [](std::promise<void>& to) -> task<> {
            to.set_value();
            co_return;
        }(ran),
        asio::detached);
    ran.get_future().get();
}

TEST_CASE("an awaitable awaits tasks and jobs, on its own executor") {
    thread_pool pool({.threads = 2});
    asio::io_context context;
    int sum = 0;
    bool has_failed = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            const auto own = std::this_thread::get_id();
            sum += co_await async_run(pool, doubled(1), asio::use_awaitable);
            CHECK(std::this_thread::get_id() == own);
            sum +=
                co_await async_wait(pool.submit([](int x) { return x; }, 5), asio::use_awaitable);
            CHECK(std::this_thread::get_id() == own);
            const auto [error, none] =
                co_await async_run(pool, failing(), asio::as_tuple(asio::use_awaitable));
            has_failed = message_of(error) == "no" && none == 0;
            co_await async_run(pool, nothing(), asio::use_awaitable);
        },
        asio::detached);
    context.run();
    CHECK(sum == 7);
    CHECK(has_failed);
}

TEST_CASE("a deferred task begins when the operation does") {
    thread_pool pool({.threads = 1});
    std::atomic<bool> has_begun = false;
    auto operation = async_run(
        pool,
        [](std::atomic<bool>& begun) -> task<int> {
            begun = true;
            co_return 1;
        }(has_begun),
        asio::deferred);
    pool.submit([] {}).get();
    CHECK_FALSE(has_begun);
    CHECK(std::move(operation)(asio::use_future).get() == 1);
    CHECK(has_begun);
}

TEST_CASE("a task awaits a task of another pool by use_task") {
    thread_pool one({.threads = 1});
    thread_pool other({.threads = 1});
    const int got = bobbin::sync_wait(one, [](thread_pool& own, thread_pool& to) -> task<int> {
        const int x = co_await async_run(to, doubled(4), bobbin::use_task);
        CHECK(own.get_executor().running_in_this_thread());
        co_return x;
    }(one, other));
    CHECK(got == 8);
}

TEST_CASE("the handler's executor is honoured, and its context is busy until then") {
    thread_pool pool({.threads = 2});
    asio::io_context context;
    auto strand = asio::make_strand(context);
    std::promise<void> let_go;
    bool in_strand = false;
    async_run(
        pool,
        [](std::shared_future<void> until) -> task<int> {
            until.wait();
            co_return 1;
        }(let_go.get_future().share()),
        asio::bind_executor(strand, [&](const std::exception_ptr&, int) {
            in_strand = strand.running_in_this_thread();
        }));
    CHECK(context.poll() == 0);
    CHECK_FALSE(context.stopped());  // it has work
    let_go.set_value();
    context.run();
    CHECK(in_strand);
}

TEST_CASE("the handler's allocator is used, and all is given back before the handler is called") {
    thread_pool pool({.threads = 2});
    asio::io_context context;
    std::atomic<int> allocated = 0;
    int most = 0;
    int left = -1;
    async_run(pool, doubled(1),
              asio::bind_allocator(counting_allocator<int>(allocated),
                                   asio::bind_executor(context, [&](const std::exception_ptr&,
                                                                    int) { left = allocated; })));
    most = allocated;
    context.run();
    CHECK(most > 0);
    CHECK(left == 0);
}

TEST_CASE("nothing completes inside the call, also if the job has ended before") {
    thread_pool pool({.threads = 1});
    asio::io_context context;
    auto job = pool.submit([] { return 1; });
    job.wait();
    bool is_inside = true;
    bool was_inside = false;
    async_wait(std::move(job), asio::bind_executor(context, [&](const std::exception_ptr&, int) {
                   was_inside = is_inside;
               }));
    is_inside = false;
    context.run();
    CHECK_FALSE(was_inside);
}

TEST_CASE("a pool that takes no more work is an error of the operation") {
    thread_pool pool({.threads = 1});
    pool.close();
    CHECK_THROWS_AS(async_run(pool, doubled(1), asio::use_future).get(), bobbin::pool_closed);
}

// --- cancellation ---

TEST_CASE("a cancellation is a request to the running task to stop") {
    thread_pool pool({.threads = 1});
    asio::io_context context;
    asio::cancellation_signal signal;
    std::latch has_begun(1);
    bool cancelled = false;
    async_run(
        pool, endless(&has_begun),
        asio::bind_cancellation_slot(
            signal.slot(), asio::bind_executor(context, [&](const std::exception_ptr& error, int) {
                cancelled = is_cancelled(error);
            })));
    has_begun.wait();
    asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
    context.run();
    CHECK(cancelled);
}

TEST_CASE("what has not begun is cancelled at once, though the pool is busy") {
    thread_pool pool({.threads = 1});
    std::promise<void> let_go;
    auto busy = pool.submit([&] { let_go.get_future().wait(); });
    asio::io_context context;
    asio::cancellation_signal signal;
    bool cancelled = false;
    async_run(
        pool, doubled(1),
        asio::bind_cancellation_slot(
            signal.slot(), asio::bind_executor(context, [&](const std::exception_ptr& error, int) {
                cancelled = is_cancelled(error);
            })));
    asio::post(context, [&] {
        signal.emit(asio::cancellation_type::terminal);
        CHECK_FALSE(cancelled);  // not inside
    });
    context.run();
    CHECK(cancelled);
    let_go.set_value();
    busy.wait();
}

TEST_CASE("an awaitable gives up a task in favour of a timer") {
    using namespace asio::experimental::awaitable_operators;
    thread_pool pool({.threads = 1});
    asio::io_context context;
    std::size_t which = 9;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            asio::steady_timer timer(context, 1ms);
            const auto first = co_await (async_run(pool, endless(), asio::use_awaitable) ||
                                         timer.async_wait(asio::use_awaitable));
            which = first.index();
        },
        asio::detached);
    context.run();
    CHECK(which == 1);
}

TEST_CASE("an operation that is cancelled at any moment completes once, on its strand") {
    thread_pool pool({.threads = 2});
    thread_pool io({.threads = 2});
    std::atomic<int> done = 0;
    const int rounds = 2'000;
    for (int i = 0; i < rounds; ++i) {
        auto strand = asio::make_strand(io.get_executor());
        const auto signal = std::make_shared<asio::cancellation_signal>();
        const auto ended = std::make_shared<std::promise<void>>();
        auto handler = [&done, i, signal, ended](const std::exception_ptr& error, int x) {
            CHECK((error == nullptr ? x == 2 * i : is_cancelled(error)));
            ++done;
            ended->set_value();
        };
        asio::post(strand, [&pool, strand, i, signal, handler] {
            async_run(
                pool, doubled(i),
                asio::bind_cancellation_slot(signal->slot(), asio::bind_executor(strand, handler)));
        });
        for (int wait = i % 7; wait > 0; --wait) pool.submit([] {}).wait();
        asio::post(strand, [signal] { signal->emit(asio::cancellation_type::total); });
        ended->get_future().get();
    }
    CHECK(done == rounds);
}
