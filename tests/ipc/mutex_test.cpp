// Mutexes between processes, and what becomes of them when their holders die.
#include "children.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/recursive_mutex.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <mutex>
#include <system_error>
#include <thread>

using bobbin::ipc::create_named;
using bobbin::ipc::mutex;
using bobbin::ipc::open_named;
using bobbin::ipc::owner_died;
using bobbin::ipc::process;
using bobbin::ipc::recursive_mutex;
using namespace std::chrono_literals;

namespace {

// ThreadSanitizer reports a wrong unlock itself, and then lets no child end well.
#if defined(__SANITIZE_THREAD__)
constexpr bool reports_wrong_unlock = true;
#elif defined(__has_feature)
constexpr bool reports_wrong_unlock = __has_feature(thread_sanitizer);
#else
constexpr bool reports_wrong_unlock = false;
#endif

template <class Mutex>
bool is_free(Mutex& lock) {
    return test::true_in_child([&] {
        if (!lock.try_lock()) return false;
        lock.unlock();
        return true;
    });
}

// The lock is abandoned by a process that had it.
template <class Mutex>
void let_holder_die(Mutex& lock) {
    test::staying_process holder([&] { lock.lock(); });
    holder.kill();
}

}  // namespace

TYPE_TO_STRING(mutex);
TYPE_TO_STRING(recursive_mutex);

TEST_CASE_TEMPLATE("who has it keeps out others, of this process and of others", Mutex, mutex,
                   recursive_mutex) {
    Mutex lock;
    {
        const std::lock_guard section(lock);
        CHECK_FALSE(is_free(lock));
        std::thread([&] { CHECK_FALSE(lock.try_lock()); }).join();
    }
    CHECK(is_free(lock));
    std::unique_lock section(lock, std::try_to_lock);
    CHECK(section.owns_lock());
    section.unlock();
    CHECK(section.try_lock_for(1s));
}

TEST_CASE("what processes do under a mutex, they do one after the other") {
    mutex lock;
    bobbin::ipc::shared_value<int> total;
    test::run_at_once(20, [&](int) {
        for (int i = 0; i < 500; ++i) {
            const std::lock_guard section(lock);
            total.store(total.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }
    });
    CHECK(total == 10'000);
}

TEST_CASE("what threads do under a mutex, they do one after the other") {
    mutex lock;
    long total = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([&, own = lock]() mutable {
            for (int k = 0; k < 2000; ++k) {
                const std::lock_guard section(own);
                ++total;
            }
        });
    for (auto& each : all) each.join();
    CHECK(total == 8000);
}

TEST_CASE("locking a mutex twice is an error, and trying to gives nothing") {
    mutex lock;
    lock.lock();
    CHECK_THROWS_AS(lock.lock(), std::system_error);
    CHECK_THROWS_AS(static_cast<void>(lock.try_lock_for(1ms)), std::system_error);
    CHECK_FALSE(lock.try_lock());
    lock.unlock();
    CHECK(is_free(lock));
}

TEST_CASE("a recursive mutex is free when it was unlocked as often as locked") {
    recursive_mutex lock;
    lock.lock();
    CHECK(lock.try_lock());
    CHECK(lock.try_lock_for(1ms));
    lock.unlock();
    lock.unlock();
    CHECK_FALSE(is_free(lock));
    lock.unlock();
    CHECK(is_free(lock));
}

TEST_CASE_TEMPLATE("unlocking what one does not have is an error and takes it from nobody" *
                       doctest::skip(reports_wrong_unlock),
                   Mutex, mutex, recursive_mutex) {
    Mutex lock;
    CHECK_THROWS_AS(lock.unlock(), std::system_error);
    CHECK(is_free(lock));
    {
        test::staying_process holder([&] { lock.lock(); });
        CHECK_THROWS_AS(lock.unlock(), std::system_error);
        CHECK_FALSE(lock.try_lock());
        holder.kill();
    }
    CHECK_THROWS_AS(lock.lock(), owner_died);
}

TEST_CASE_TEMPLATE("the death of its holder is told to everyone, until one recovers it", Mutex,
                   mutex, recursive_mutex) {
    Mutex lock;
    let_holder_die(lock);
    CHECK_THROWS_AS(lock.lock(), owner_died);
    CHECK_THROWS_AS(static_cast<void>(lock.try_lock()), owner_died);
    CHECK_THROWS_AS(static_cast<void>(lock.try_lock_for(1s)), owner_died);
    CHECK(test::true_in_child([&] {
        try {
            lock.lock();
        } catch (const owner_died&) {
            return true;
        }
        return false;
    }));
    lock.recover();
    CHECK_FALSE(test::true_in_child([&] { return lock.try_lock(); }));
    lock.unlock();
    CHECK(is_free(lock));
    lock.lock();
    lock.unlock();
}

TEST_CASE_TEMPLATE("recovering what nobody abandoned is locking it", Mutex, mutex,
                   recursive_mutex) {
    Mutex lock;
    lock.recover();
    CHECK_FALSE(is_free(lock));
    lock.unlock();
    CHECK(is_free(lock));
}

TEST_CASE_TEMPLATE("who dies while it recovers a lock abandons it again", Mutex, mutex,
                   recursive_mutex) {
    Mutex lock;
    let_holder_die(lock);
    {
        test::staying_process rescuer([&] { lock.recover(); });
        CHECK_FALSE(lock.try_lock());
        rescuer.kill();
    }
    CHECK_THROWS_AS(lock.lock(), owner_died);
    lock.recover();
    lock.unlock();
}

TEST_CASE("a death is told also if its holder had locked it several times, or had left once") {
    recursive_mutex lock;
    {
        test::staying_process holder([&] {
            lock.lock();
            lock.lock();
            lock.unlock();
        });
        holder.kill();
    }
    CHECK_THROWS_AS(lock.lock(), owner_died);
    lock.recover();
    CHECK(lock.try_lock());
    lock.unlock();
    lock.unlock();
    CHECK(is_free(lock));
}

TEST_CASE_TEMPLATE("a process or thread that ends while it has the lock abandons it", Mutex, mutex,
                   recursive_mutex) {
    Mutex lock;
    CHECK(process::forked([&] { lock.lock(); }).join().ok());
    CHECK_THROWS_AS(lock.lock(), owner_died);
    lock.recover();
    lock.unlock();
    std::thread([&] { lock.lock(); }).join();
    CHECK_THROWS_AS(lock.lock(), owner_died);
}

TEST_CASE_TEMPLATE("a process that dies after it gave the lock back leaves nothing behind", Mutex,
                   mutex, recursive_mutex) {
    Mutex lock;
    {
        test::staying_process user([&] {
            lock.lock();
            lock.unlock();
        });
        user.kill();
    }
    lock.lock();
    lock.unlock();
}

TEST_CASE_TEMPLATE("a process that dies while it waits leaves nothing behind", Mutex, mutex,
                   recursive_mutex) {
    Mutex lock;
    lock.lock();
    auto doomed = process::forked([&] { lock.lock(); });
    auto other = process::forked([&] {
        lock.lock();
        lock.unlock();
    });
    REQUIRE(test::await_sleep(doomed));
    REQUIRE(test::await_sleep(other));
    doomed.kill();
    CHECK(doomed.join().signal == SIGKILL);
    lock.unlock();
    CHECK(other.join().ok());
    lock.lock();
    lock.unlock();
}

TEST_CASE("those who wait when the holder dies are told, one after the other") {
    mutex lock;
    std::vector<process> waiting;
    {
        test::staying_process holder([&] { lock.lock(); });
        for (int i = 0; i < 4; ++i)
            waiting.push_back(process::forked([&] {
                try {
                    lock.lock();
                } catch (const owner_died&) {
                    return 7;
                }
                return 0;
            }));
        for (const auto& each : waiting) REQUIRE(test::await_sleep(each));
        holder.kill();
    }
    for (auto& each : waiting) CHECK(each.join().code == 7);
}

TEST_CASE_TEMPLATE("deadlines are kept while the holder is stopped", Mutex, mutex,
                   recursive_mutex) {
    Mutex lock;
    test::staying_process holder([&] { lock.lock(); });
    holder.stop();
    CHECK_FALSE(lock.try_lock());
    const auto took = test::time_of([&] { CHECK_FALSE(lock.try_lock_for(20ms)); });
    CHECK(took >= 20ms);
    CHECK(took < 10s);
    CHECK_FALSE(lock.try_lock_until(std::chrono::steady_clock::now() - 1s));
    holder.go_on();
}

TEST_CASE("a child does not have its parent's locks, nor what it had when it was made") {
    mutex lock;
    lock.lock();
    CHECK(test::true_in_child([&] {
        try {
            lock.unlock();
        } catch (const std::system_error&) {
            return !lock.try_lock();
        }
        return false;
    }));
    lock.unlock();
    CHECK(is_free(lock));
}

TEST_CASE_TEMPLATE("copies, and objects opened by name or by segment, are the same lock", Mutex,
                   mutex, recursive_mutex) {
    const test::unique_name name;
    Mutex lock(create_named{name.text()});
    Mutex copy = lock;
    Mutex attached(lock.memory());
    Mutex opened(open_named{name.text()});
    opened.lock();
    CHECK_FALSE(is_free(lock));
    CHECK_FALSE(is_free(copy));
    CHECK_FALSE(is_free(attached));
    opened.unlock();
    CHECK(is_free(lock));
    CHECK(is_free(opened));
    CHECK_THROWS_AS(Mutex(create_named{name.text()}), std::system_error);
}

TEST_CASE("a mutex is not opened as what it is not") {
    const mutex lock;
    CHECK_THROWS_AS(recursive_mutex(lock.memory()), bobbin::ipc::wrong_segment);
    CHECK_THROWS_AS(bobbin::ipc::event(lock.memory()), bobbin::ipc::wrong_segment);
    CHECK_THROWS_AS(mutex(bobbin::ipc::segment::create(4096)), bobbin::ipc::wrong_segment);
}
