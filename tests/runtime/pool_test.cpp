// A pool's life from its options to its end, and what may be asked of it from where. Stopping is in
// pool_stop_test.cpp, other processes in pool_process_test.cpp, Asio's side in pool_asio_test.cpp.
#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/set_error_handler.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <latch>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;

std::string message_of_pool_with(unsigned threads) {
    try {
        thread_pool pool({.threads = threads});
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

// Calls `look` on each thread of the pool, on all of them at once.
template <class F>
void on_each_thread(thread_pool& pool, F look) {
    std::latch all_are_here(pool.size());
    std::latch all_have_looked(pool.size());
    for (unsigned i = 0; i < pool.size(); ++i)
        boost::asio::post(pool.get_executor(), [&] {
            all_are_here.arrive_and_wait();
            look();
            all_have_looked.count_down();
        });
    all_have_looked.wait();
}

std::set<std::string> thread_names(thread_pool& pool) {
    std::mutex mutex;
    std::set<std::string> names;
    on_each_thread(pool, [&] {
        char name[16] = {};
        pthread_getname_np(pthread_self(), name, sizeof name);
        const std::lock_guard lock(mutex);
        names.insert(name);
    });
    return names;
}

task<int> answer() {
    co_return 42;
}

task<void> add_one(std::atomic<int>& to) {
    to.fetch_add(1, std::memory_order_relaxed);
    co_return;
}

task<long> fib(int n) {
    if (n < 2) co_return n;
    auto [a, b] = co_await bobbin::when_all(fib(n - 1), fib(n - 2));
    co_return a + b;
}

// Brings back the error handler there was.
class handled_errors {
public:
    explicit handled_errors(bobbin::error_handler handler)
        : before_(bobbin::set_error_handler(handler)) {}
    handled_errors(const handled_errors&) = delete;
    handled_errors& operator=(const handled_errors&) = delete;
    ~handled_errors() { bobbin::set_error_handler(before_); }

private:
    bobbin::error_handler before_;
};

}  // namespace

TEST_CASE("no threads, or more than can be counted, are refused with advice") {
    for (const unsigned threads : {0U, 32768U, 40000U, ~0U}) {
        CAPTURE(threads);
        const auto message = message_of_pool_with(threads);
        CHECK(message.find("from 1 to 32767") != std::string::npos);
        CHECK(message.find("leave it out") != std::string::npos);
    }
}

TEST_CASE("a pool has as many threads as asked for, by default one per available processor") {
    thread_pool three({.threads = 3});
    CHECK(three.size() == 3);
    std::atomic<int> threads = 0;
    on_each_thread(three, [&] { ++threads; });
    CHECK(threads == 3);
    CHECK(thread_pool().size() == bobbin::available_parallelism());
}

TEST_CASE("threads are called by the pool's name and a number") {
    thread_pool named({.threads = 3, .name = "crunch"});
    CHECK(thread_names(named) == std::set<std::string>{"crunch/0", "crunch/1", "crunch/2"});
    thread_pool unnamed({.threads = 1});
    CHECK(thread_names(unnamed) == std::set<std::string>{"bobbin/0"});
    // The system shows 15 bytes: the number must be among them.
    thread_pool long_name({.threads = 2, .name = "a name that is much too long"});
    CHECK(thread_names(long_name) == std::set<std::string>{"a name that/0", "a name that/1"});
}

TEST_CASE("a pool's threads block signals but those of their own faults, its maker's mask stays") {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    thread_pool pool({.threads = 2});
    std::atomic<int> open = 0;
    std::atomic<int> shut = 0;
    on_each_thread(pool, [&] {
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGALRM, SIGPIPE})
            if (sigismember(&blocked, each) != 1) ++open;
        for (const int each : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
            if (sigismember(&blocked, each) != 0) ++shut;
    });
    CHECK(open == 0);
    CHECK(shut == 0);
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int each : {SIGINT, SIGTERM, SIGUSR1})
        CHECK(sigismember(&after, each) == sigismember(&before, each));
}

TEST_CASE("a pool that nobody uses ends") {
    for (const unsigned threads : {1U, 2U, 7U}) thread_pool pool({.threads = threads});
}

TEST_CASE_FIXTURE(test::balanced,
                  "a pool's end waits for all that was spawned, and what they spawn") {
    for (const unsigned threads : {1U, 2U, 7U}) {
        CAPTURE(threads);
        std::atomic<int> ended = 0;
        auto two = [&](thread_pool& pool) -> task<void> {
            pool.spawn(add_one(ended));
            co_await bobbin::sleep_for(1ms);
            pool.spawn(add_one(ended));
        };
        {
            thread_pool pool({.threads = threads});
            for (int i = 0; i < 500; ++i) pool.spawn(two(pool));
        }
        CHECK(ended == 1000);
    }
}

TEST_CASE(
    "a pool's end waits for a task that something foreign resumes, and for whoever resumes it") {
    // The resuming thread must be done with the pool before it is gone: for the sanitizers.
    for (int i = 0; i < 300; ++i) {
        test::gate gate;
        bool ended = false;
        auto pool = std::make_unique<thread_pool>(bobbin::thread_pool_options{.threads = 2});
        auto wait = [&]() -> task<void> {
            co_await gate;
            ended = true;
        };
        pool->spawn(wait());
        std::thread foreign([&] { gate.open(); });
        pool.reset();
        CHECK(ended);
        foreign.join();
    }
}

TEST_CASE("a pool's end waits for a task that another thread waits for") {
    for (int i = 0; i < 100; ++i) {
        test::gate gate;
        std::latch begun(1);
        int result = 0;
        auto pool = std::make_unique<thread_pool>(bobbin::thread_pool_options{.threads = 1});
        auto wait = [&]() -> task<int> {
            begun.count_down();
            co_await gate;
            co_return 42;
        };
        std::thread waiter([&] { result = sync_wait(*pool, wait()); });
        begun.wait();
        std::thread foreign([&] { gate.open(); });
        pool.reset();
        waiter.join();
        foreign.join();
        CHECK(result == 42);
    }
}

TEST_CASE("many threads may send work at once") {
    test::in_every_pool([](test::place& place) {
        std::atomic<int> ended = 0;
        std::atomic<int> right = 0;
        std::vector<std::thread> senders;
        for (int i = 0; i < 4; ++i)
            senders.emplace_back([&] {
                for (int j = 0; j < 200; ++j) {
                    place.pool().spawn(add_one(ended));
                    if (sync_wait(place.pool(), answer()) == 42) ++right;
                }
            });
        for (auto& each : senders) each.join();
        CHECK(right == 800);
        // What was spawned before is taken before: it has begun, and it never suspends.
        while (ended < 800) std::this_thread::yield();
    });
}

TEST_CASE("an empty task is not spawned") {
    thread_pool pool({.threads = 1});
    CHECK_THROWS_AS(pool.spawn(task<void>()), std::logic_error);
    CHECK(sync_wait(pool, answer()) == 42);
}

TEST_CASE("an exception that nobody awaits goes to the error handler") {
    static std::atomic<int> std_errors = 0;
    static std::atomic<int> other_errors = 0;
    const handled_errors handled([](std::exception_ptr error) noexcept {
        try {
            std::rethrow_exception(std::move(error));
        } catch (const std::exception& e) {
            if (e.what() == std::string("lost")) ++std_errors;
        } catch (int) {
            ++other_errors;
        }
    });
    auto fail = []() -> task<void> {
        throw std::runtime_error("lost");
        co_return;
    };
    auto fail_oddly = []() -> task<void> {
        throw 7;
        co_return;
    };
    {
        thread_pool pool({.threads = 2});
        for (int i = 0; i < 10; ++i) {
            pool.spawn(fail());
            pool.spawn(fail_oddly());
        }
    }
    CHECK(std_errors == 10);
    CHECK(other_errors == 10);
}

TEST_CASE("waiting on one of the pool's own threads is refused, in tasks and in handlers") {
    test::in_every_pool([](test::place& place) {
        auto wait = [&]() -> task<bool> {
            try {
                sync_wait(place.pool(), answer());
            } catch (const bobbin::would_deadlock&) {
                co_return true;
            }
            co_return false;
        };
        CHECK(place.run(wait()));
        std::atomic<int> refused = 0;
        on_each_thread(place.pool(), [&] {
            try {
                sync_wait(place.pool(), answer());
            } catch (const bobbin::would_deadlock&) {
                ++refused;
            }
        });
        CHECK(refused == static_cast<int>(place.pool().size()));
    });
}

TEST_CASE("a task may wait for a task of another pool") {
    thread_pool outer({.threads = 1});
    thread_pool inner({.threads = 1});
    auto wait = [&]() -> task<long> { co_return sync_wait(inner, fib(15)); };
    CHECK(sync_wait(outer, wait()) == 610);
}

TEST_CASE("a task may make a pool, use it, and end it") {
    thread_pool outer({.threads = 2});
    auto work = []() -> task<long> {
        thread_pool own({.threads = 2});
        co_return sync_wait(own, fib(15));
    };
    auto both = [&]() -> task<long> {
        auto [a, b] = co_await bobbin::when_all(work(), work());
        co_return a + b;
    };
    CHECK(sync_wait(outer, both()) == 1220);
}

TEST_CASE("statistics tell what the pool has done") {
    thread_pool pool({.threads = 2});
    const auto idle = pool.stats();
    CHECK(idle.injected == 0);
    CHECK(idle.resumed == 0);
    CHECK(idle.stolen == 0);
    for (int i = 0; i < 100; ++i) sync_wait(pool, answer());
    CHECK(sync_wait(pool, fib(20)) == 6765);
    const auto busy = pool.stats();
    CHECK(busy.injected == 101);
    CHECK(busy.resumed >= 101);
    // The first found everybody asleep.
    CHECK(busy.woken >= 1);
    CHECK(busy.parked <= busy.woken + 1);
    // It was a busy pool's thread that stole, or none.
    CHECK(busy.stolen <= busy.resumed);
}
