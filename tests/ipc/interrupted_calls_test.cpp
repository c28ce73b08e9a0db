// Goal: a user's signal handlers are of no account to what waits: it goes on, and not beyond its
// deadline.
// Method: everything that blocks, under a signal every millisecond, which interrupts each system
// call that takes longer than that.

#include "workers.hpp"

#include <bobbin/ipc/barrier.hpp>
#include <bobbin/ipc/condition.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/semaphore.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/errors.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <doctest/doctest.h>
#include <mutex>
#include <support/timer_signals.hpp>
#include <thread>

using namespace bobbin;
using namespace std::chrono_literals;
using tests::timer_signals;

namespace {

// In a copy of this process, which has not started a fork server yet.
template <class F>
bool holds_in_a_new_program(F what) {
    return ipc::process::forked([&] {
               const timer_signals signals;
               return what() ? 0 : 1;
           })
        .join()
        .ok();
}

bool is_interrupted() {
    const long before = timer_signals::count();
    return test::await([&] { return timer_signals::count() > before + 2; });
}

constexpr auto wait_time = 20ms;

// Whether it has given up, and not before its time.
template <class Wait>
bool ends_in_time(Wait wait) {
    const auto begin = std::chrono::steady_clock::now();
    const bool came = wait();
    return !came && std::chrono::steady_clock::now() - begin >= wait_time;
}

int sleeps_for_a_while() {
    std::this_thread::sleep_for(wait_time);
    return 3;
}

}  // namespace

TEST_CASE("the first pool of a program starts under a timer's signals") {
    for (int i = 0; i < 10; ++i)
        CHECK(holds_in_a_new_program([] {
            ipc::process_pool pool(1);
            return is_interrupted() && pool.submit(test::twice, 2).get() == 4;
        }));
}

TEST_CASE("the first process of a program starts and is joined under a timer's signals") {
    for (int i = 0; i < 10; ++i)
        CHECK(holds_in_a_new_program([] {
            ipc::process child(fn<&sleeps_for_a_while>{});
            return is_interrupted() && child.join().code == 3;
        }));
}

TEST_CASE("copies start, and are joined, under a timer's signals") {
    for (int i = 0; i < 10; ++i)
        CHECK(holds_in_a_new_program([] {
            auto child = ipc::process::forked(sleeps_for_a_while);
            if (!is_interrupted() || child.join().code != 3) return false;
            ipc::process_pool pool(test::workers_by(ipc::start_method::fork, 1));
            return pool.submit(test::twice, 2).get() == 4;
        }));
}

TEST_CASE("waits for processes and jobs end when these do") {
    const timer_signals signals;
    ipc::process_pool pool(1);
    for (int i = 0; i < 10; ++i) CHECK(pool.submit(fn<&sleeps_for_a_while>{}).get() == 3);
    const ipc::event go;
    ipc::process child([](const ipc::event& until) { until.wait(); }, go);
    CHECK(ends_in_time([&] { return child.join_for(wait_time).has_value(); }));
    ipc::event(go).set();
    CHECK(child.join().ok());
}

TEST_CASE("waits in shared memory last as long as they were told to") {
    const timer_signals signals;
    ipc::shared_queue<int> queue(64);
    CHECK(ends_in_time([&] { return queue.get_for(wait_time).has_value(); }));
    while (queue.try_put(1)) {
    }
    CHECK(ends_in_time([&] { return queue.put_for(1, wait_time); }));
    ipc::semaphore semaphore(0);
    CHECK(ends_in_time([&] { return semaphore.try_acquire_for(wait_time); }));
    const ipc::event event;
    CHECK(ends_in_time([&] { return event.wait_for(wait_time); }));
    ipc::mutex mutex;
    ipc::condition condition;
    std::unique_lock lock(mutex);
    CHECK(ends_in_time(
        [&] { return condition.wait_for(lock, wait_time) == std::cv_status::no_timeout; }));
    std::thread([&] { CHECK(ends_in_time([&] { return mutex.try_lock_for(wait_time); })); }).join();
    ipc::barrier barrier(2);
    CHECK(ends_in_time([&] {
        try {
            barrier.arrive_and_wait_for(wait_time);
            return true;
        } catch (const ipc::broken_barrier&) {
            return false;
        }
    }));
}

TEST_CASE("memory is made however long that takes") {
    const timer_signals signals;
    for (const std::size_t size : {std::size_t{1} << 20U, std::size_t{200} << 20U})
        CHECK(ipc::segment::create(size).size() == size);
}
