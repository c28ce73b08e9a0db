// Goal: whatever waits for a time, or until one, waits for what is meant, however far away that is.
// Method: every timed function with times at the edges of every unit. What is over ends at once. Of
// what does not pass, the other side does its part when the wait is about to begin: a wait that
// ended early would not see it.

#include "children.hpp"

#include <bobbin/ipc/barrier.hpp>
#include <bobbin/ipc/condition.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/recursive_mutex.hpp>
#include <bobbin/ipc/semaphore.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/errors.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <support/edge_times.hpp>
#include <thread>
#include <utility>

using namespace bobbin;
using namespace std::chrono_literals;

namespace {

// Another thread, which begins what it is asked to do when this one goes on to something else.
class other_side {
public:
    other_side() : thread_([this](const std::stop_token& token) { run(token); }) {}

    void soon(std::function<void()> what) {
        const std::lock_guard lock(mutex_);
        next_ = std::move(what);
        changed_.notify_one();
    }

private:
    void run(const std::stop_token& token) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, token, [this] { return next_ != nullptr; })) {
            const auto what = std::exchange(next_, nullptr);
            lock.unlock();
            what();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::function<void()> next_;
    std::jthread thread_;
};

// `wait(time)` is whether it came, `bring()` lets it come.
template <class Wait, class Bring>
void check_durations(Wait wait, Bring bring) {
    for (const time_span each : tests::times_that_are_over()) {
        CAPTURE(to_string(each));
        CHECK(!wait(each));
    }
    CHECK_THROWS_AS(wait(tests::not_a_number), std::invalid_argument);
    other_side other;
    for (const time_span each : tests::times_that_do_not_pass()) {
        CAPTURE(to_string(each));
        other.soon(bring);
        CHECK(wait(each));
    }
}

template <class Wait, class Bring>
void check_moments(Wait wait, Bring bring) {
    for (const deadline each : tests::moments_that_have_passed()) {
        CAPTURE(each.time().time_since_epoch().count());
        CHECK(!wait(each));
    }
    CHECK(!wait(std::chrono::system_clock::now()));
    other_side other;
    for (const deadline each : tests::moments_that_do_not_come()) {
        CAPTURE(each.time().time_since_epoch().count());
        other.soon(bring);
        CHECK(wait(each));
    }
    other.soon(bring);
    CHECK(wait(std::chrono::system_clock::now() + 1h));
}

// The lock is another thread's, which gives it back when `wait` is about to begin.
template <class Mutex, class Wait, class Time>
bool wait_for_lock(other_side& other, Mutex& mutex, Wait wait, const Time& time) {
    // Each side's own: who counts one down may look at it once more when the other has gone on.
    struct steps {
        std::latch is_taken{1};
        std::latch asked{1};
        std::latch given_back{1};
    };
    const auto all = std::make_shared<steps>();
    other.soon([&mutex, all] {
        mutex.lock();
        all->is_taken.count_down();
        all->asked.wait();
        mutex.unlock();
        all->given_back.count_down();
    });
    all->is_taken.wait();
    CHECK(!wait(time_span::zero));
    all->asked.count_down();
    const bool got = wait(time);
    all->given_back.wait();
    if (got) mutex.unlock();
    return got;
}

template <class Mutex>
void check_lock(Mutex mutex) {
    const auto wait_for = [&](auto time) { return mutex.try_lock_for(time); };
    const auto wait_until = [&](auto moment) {
        if constexpr (std::same_as<decltype(moment), time_span>)
            return mutex.try_lock();
        else
            return mutex.try_lock_until(moment);
    };
    // Longer than the other thread, which may look at them once more.
    std::latch is_taken(1);
    std::latch is_tried(1);
    other_side other;
    for (const time_span each : tests::times_that_do_not_pass())
        CHECK(wait_for_lock(other, mutex, wait_for, each));
    for (const deadline each : tests::moments_that_do_not_come())
        CHECK(wait_for_lock(other, mutex, wait_until, each));
    other.soon([&] {
        mutex.lock();
        is_taken.count_down();
        is_tried.wait();
        mutex.unlock();
    });
    is_taken.wait();
    for (const time_span each : tests::times_that_are_over()) CHECK(!wait_for(each));
    for (const deadline each : tests::moments_that_have_passed()) CHECK(!wait_until(each));
    CHECK_THROWS_AS(wait_for(tests::not_a_number), std::invalid_argument);
    const std::unique_lock not_ours(mutex, std::chrono::system_clock::now() - 1h);
    CHECK(!not_ours);
    is_tried.count_down();
}

}  // namespace

TEST_CASE("waiting for an item of a queue") {
    ipc::shared_queue<int> queue(1024);
    const auto bring = [&] { queue.put(1); };
    check_durations([&](auto time) { return queue.get_for(time).has_value(); }, bring);
    check_moments([&](auto moment) { return queue.get_until(moment).has_value(); }, bring);
}

TEST_CASE("waiting for room in a queue") {
    ipc::shared_queue<int> queue(64);
    while (queue.try_put(0)) {
    }
    const auto bring = [&] { queue.get(); };
    check_durations([&](auto time) { return queue.put_for(1, time); }, bring);
    check_moments([&](auto moment) { return queue.put_until(1, moment); }, bring);
}

TEST_CASE("waiting at an end of a pipe") {
    ipc::pipe<int> line(64);
    check_durations([&](auto time) { return line.first.get_for(time).has_value(); },
                    [&] { line.second.put(1); });
    while (line.first.try_put(0)) {
    }
    check_durations([&](auto time) { return line.first.put_for(1, time); },
                    [&] { line.second.get(); });
}

TEST_CASE("waiting for a permit of a semaphore") {
    ipc::semaphore semaphore(0);
    const auto bring = [&] { semaphore.release(); };
    check_durations([&](auto time) { return semaphore.try_acquire_for(time); }, bring);
    check_moments([&](auto moment) { return semaphore.try_acquire_until(moment); }, bring);
}

TEST_CASE("waiting for an event") {
    ipc::event event;
    const auto bring = [&] { event.set(); };
    const auto again = [&](bool came) {
        if (came) event.clear();
        return came;
    };
    check_durations([&](auto time) { return again(event.wait_for(time)); }, bring);
    check_moments([&](auto moment) { return again(event.wait_until(moment)); }, bring);
}

TEST_CASE("waiting at a barrier") {
    ipc::barrier barrier(2);
    const auto all_come = [&](auto arrive) {
        try {
            arrive();
            return true;
        } catch (const ipc::broken_barrier&) {
            barrier.reset();
            return false;
        }
    };
    const auto bring = [&] { barrier.arrive_and_wait(); };
    check_durations([&](auto time) { return all_come([&] { barrier.arrive_and_wait_for(time); }); },
                    bring);
    check_moments(
        [&](auto moment) { return all_come([&] { barrier.arrive_and_wait_until(moment); }); },
        bring);
}

TEST_CASE("waiting for a condition") {
    ipc::mutex mutex;
    ipc::condition condition;
    std::unique_lock lock(mutex);
    bool is_so = false;
    const auto bring = [&] {
        const std::lock_guard other_lock(mutex);  // so that the wait has begun
        is_so = true;
        condition.notify_all();
    };
    const auto notified = [&](std::cv_status how) { return how == std::cv_status::no_timeout; };
    check_durations([&](auto time) { return notified(condition.wait_for(lock, time)); }, bring);
    check_moments([&](auto moment) { return notified(condition.wait_until(lock, moment)); }, bring);
    const auto once = [&] { return std::exchange(is_so, false); };
    once();
    check_durations([&](auto time) { return condition.wait_for(lock, time, once); }, bring);
    check_moments([&](auto moment) { return condition.wait_until(lock, moment, once); }, bring);
}

TEST_CASE("waiting for a lock") {
    check_lock(ipc::mutex());
    check_lock(ipc::recursive_mutex());
    ipc::shared_value<int> value(0);
    check_lock(value.get_lock());
}

TEST_CASE("waiting for the end of a process") {
    const ipc::event end;
    auto child = ipc::process::forked([&] { end.wait(); });
    for (const time_span each : tests::times_that_are_over()) CHECK(!child.join_for(each));
    CHECK_THROWS_AS(child.join_for(tests::not_a_number), std::invalid_argument);
    ipc::event(end).set();
    CHECK(child.join().ok());
    for (const time_span each : tests::times_that_do_not_pass()) {
        CAPTURE(to_string(each));
        auto another = ipc::process::forked([] { std::this_thread::yield(); });
        CHECK(another.join_for(each).has_value());
    }
}
