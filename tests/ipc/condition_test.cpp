// Waiting for what is protected by a mutex to become as one needs it.
#include "children.hpp"

#include <bobbin/ipc/condition.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/recursive_mutex.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <mutex>
#include <thread>

using bobbin::ipc::condition;
using bobbin::ipc::create_named;
using bobbin::ipc::lock_handle;
using bobbin::ipc::mutex;
using bobbin::ipc::open_named;
using bobbin::ipc::owner_died;
using bobbin::ipc::process;
using bobbin::ipc::recursive_mutex;
using bobbin::ipc::shared_array;
using bobbin::ipc::shared_value;
using namespace std::chrono_literals;

TEST_CASE("a process waits until another has made true what it waits for") {
    mutex lock;
    condition changed;
    shared_value<int> stage;
    auto other = process::forked([&] {
        std::unique_lock section(lock);
        changed.wait(section, [&] { return stage == 1; });
        stage = 2;
        changed.notify_one();
    });
    REQUIRE(test::await_sleep(other));
    std::unique_lock section(lock);
    stage = 1;
    changed.notify_all();
    changed.wait(section, [&] { return stage == 2; });
    CHECK(section.owns_lock());
    CHECK(other.join().ok());
}

TEST_CASE("processes hand numbers through one place, none twice and none lost") {
    constexpr int items = 500;
    mutex lock;
    condition changed;
    shared_value<int> place;  // 0: empty
    shared_array<int> seen(items + 1);
    test::run_at_once(4, [&](int i) {
        for (int k = 0; k < items / 2; ++k) {
            std::unique_lock section(lock);
            if (i % 2 == 0) {
                changed.wait(section, [&] { return place == 0; });
                place = i / 2 * items / 2 + k + 1;
            } else {
                changed.wait(section, [&] { return place != 0; });
                seen.at(static_cast<std::size_t>(place.exchange(0))) += 1;
            }
            changed.notify_all();
        }
    });
    CHECK(seen[0] == 0);
    for (std::size_t i = 1; i <= items; ++i) CHECK(seen[i] == 1);
}

TEST_CASE("threads hand numbers through one place") {
    mutex lock;
    condition changed;
    int place = 0;
    int sum = 0;
    std::thread other([&] {
        for (int k = 1; k <= 500; ++k) {
            std::unique_lock section(lock);
            changed.wait(section, [&] { return place != 0; });
            sum += std::exchange(place, 0);
            changed.notify_one();
        }
    });
    for (int k = 1; k <= 500; ++k) {
        std::unique_lock section(lock);
        changed.wait(section, [&] { return place == 0; });
        place = k;
        changed.notify_one();
    }
    other.join();
    CHECK(sum == 125'250);
}

TEST_CASE("a wait ends at its deadline, with the lock") {
    mutex lock;
    condition changed;
    std::unique_lock section(lock);
    CHECK(changed.wait_for(section, 1ms) == std::cv_status::timeout);
    CHECK(section.owns_lock());
    const auto took =
        test::time_of([&] { CHECK_FALSE(changed.wait_for(section, 20ms, [] { return false; })); });
    CHECK(took >= 20ms);
    CHECK(section.owns_lock());
    CHECK(changed.wait_for(section, 0ms, [] { return true; }));
    CHECK(changed.wait_until(section, std::chrono::steady_clock::now() - 1s) ==
          std::cv_status::timeout);
}

TEST_CASE("a notification before the wait is none") {
    mutex lock;
    condition changed;
    changed.notify_all();
    std::unique_lock section(lock);
    CHECK(changed.wait_for(section, 1ms) == std::cv_status::timeout);
}

TEST_CASE("all who wait are woken, though one of them was killed") {
    mutex lock;
    condition changed;
    shared_value<bool> ready;
    const auto wait = [&] {
        std::unique_lock section(lock);
        changed.wait(section, [&] { return ready.load(); });
    };
    auto doomed = process::forked(wait);
    REQUIRE(test::await_sleep(doomed));
    std::vector<process> others;
    for (int i = 0; i < 4; ++i) others.push_back(process::forked(wait));
    for (const auto& each : others) REQUIRE(test::await_sleep(each));
    doomed.kill();
    CHECK(doomed.join().signal == SIGKILL);
    {
        const std::lock_guard section(lock);
        ready = true;
    }
    changed.notify_one();
    for (auto& each : others) CHECK(each.join().ok());
}

TEST_CASE("a waiter whose lock was abandoned gets owner_died and does not have it") {
    mutex lock;
    condition changed;
    auto waiting = process::forked([&] {
        std::unique_lock section(lock);
        try {
            changed.wait(section);
        } catch (const owner_died&) {
            if (section.owns_lock()) return 1;
            lock.recover();
            section = std::unique_lock(lock, std::adopt_lock);
            return 7;
        }
        return 2;
    });
    REQUIRE(test::await_sleep(waiting));
    {
        test::staying_process holder([&] {
            lock.lock();
            changed.notify_all();
        });
        holder.kill();
    }
    CHECK(waiting.join().code == 7);
    CHECK(lock.try_lock());
    lock.unlock();
}

TEST_CASE("processes that are killed while they notify leave a condition that works") {
    mutex lock;
    condition changed;
    for (int i = 0; i < 50; ++i) {
        test::waypoint running;
        auto doomed = process::forked([&] {
            test::arrive(running.path());
            for (;;) changed.notify_all();
        });
        REQUIRE(running.await_arrivals(1));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
    }
    shared_value<bool> ready;
    auto waiting = process::forked([&] {
        std::unique_lock section(lock);
        changed.wait(section, [&] { return ready.load(); });
    });
    REQUIRE(test::await_sleep(waiting));
    ready = true;
    changed.notify_all();
    CHECK(waiting.join().ok());
}

TEST_CASE("any lock in shared memory can be waited with") {
    condition changed;
    recursive_mutex lock;
    std::unique_lock section(lock);
    CHECK(changed.wait_for(section, 1ms) == std::cv_status::timeout);
    shared_value<int> value;
    std::unique_lock<lock_handle> of_value(value.get_lock());
    CHECK(changed.wait_for(of_value, 1ms) == std::cv_status::timeout);
    CHECK(of_value.owns_lock());
}

TEST_CASE("copies, and conditions opened by name or by segment, are the same") {
    const test::unique_name name;
    mutex lock;
    condition changed(create_named{name.text()});
    condition attached(changed.memory());
    condition opened(open_named{name.text()});
    auto waiting = process::forked([&] {
        std::unique_lock section(lock);
        changed.wait(section);
    });
    REQUIRE(test::await_sleep(waiting));
    opened.notify_all();
    CHECK(waiting.join().ok());
    CHECK_THROWS_AS(condition(lock.memory()), bobbin::ipc::wrong_segment);
}
