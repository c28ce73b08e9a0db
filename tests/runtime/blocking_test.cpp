// Goal: a blocking call is made once, on a thread of its own, or, if it was stopped in line, never;
// its task goes on on its pool. Method: calls that wait until the test lets them go on; what is to
// become true (threads that start and end) is looked at until it is.
#include "child_process.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/blocking.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::blocking;
using bobbin::nursery;
using bobbin::sync_wait;
using bobbin::task;
using test::child_may_start_threads;
using test::in_every_place;
using test::in_every_pool;

// How many threads for blocking calls this process has.
int count_threads() {
    int count = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::ifstream(each.path() / "comm") >> name;
        if (name == "bobbin-blocking") ++count;
    }
    return count;
}
void await_threads(int count) {
    while (count_threads() != count) std::this_thread::yield();
}

// For a test: options of its own, and no thread that an earlier one has left.
struct with_options {
    explicit with_options(bobbin::blocking_options options) {
        bobbin::set_blocking_options({.keep_alive = 0s});
        await_threads(0);
        bobbin::set_blocking_options(options);
    }
    with_options(const with_options&) = delete;
    with_options& operator=(const with_options&) = delete;
    ~with_options() { bobbin::set_blocking_options({}); }
};

struct only_movable {
    explicit only_movable(int given) : value(std::make_unique<int>(given)) {}
    std::unique_ptr<int> value;
};
only_movable add_one(only_movable to) {
    ++*to.value;
    return to;
}

// A call that waits until it is let go.
struct held_call {
    test::gate begun;
    std::latch may_end{1};
    void operator()() {
        begun.open();
        may_end.wait();
    }
    auto ref() {
        return [this] { (*this)(); };
    }
};

}  // namespace

TEST_CASE("a blocking call gives its result, and takes arguments and callables that only move") {
    in_every_place([](test::place& place) {
        const auto run = []() -> task<void> {
            CHECK(co_await blocking([] { return 42; }) == 42);
            const only_movable more = co_await blocking(add_one, only_movable(1));
            CHECK(*more.value == 2);
            auto consumed = [own = only_movable(7)]() mutable { return std::move(own); };
            const only_movable own = co_await blocking(std::move(consumed));
            CHECK(*own.value == 7);
            bool called = false;
            co_await blocking([&called] { called = true; });
            CHECK(called);
            const std::string text = "reference";
            CHECK(co_await blocking([&text]() -> const std::string& { return text; }) == text);
        };
        place.run(run());
    });
}

TEST_CASE("what a blocking call throws is thrown by the await") {
    in_every_place([](test::place& place) {
        const auto fails = [] { throw std::runtime_error("disk full"); };
        CHECK_THROWS_WITH_AS(place.run(blocking(fails)), "disk full", std::runtime_error);
        const auto gives_up = []() -> int { throw bobbin::cancelled(); };
        CHECK_THROWS_AS(place.run(blocking(gives_up)), bobbin::cancelled);
    });
}

TEST_CASE("a call is made on a thread that is no pool's, and the task goes on on its pool") {
    in_every_pool([](test::place& place) {
        const auto run = [&]() -> task<void> {
            const bool could_wait = co_await blocking([&] {
                // On a thread of the pool this would be refused.
                return sync_wait(place.pool(), blocking([] { return true; }));
            });
            CHECK(could_wait);
            CHECK_THROWS_AS(sync_wait(place.pool(), bobbin::sleep_for(0s)), bobbin::would_deadlock);
        };
        place.run(run());
    });
}

TEST_CASE("a thread for calls takes no signals but those of its own faults") {
    test::place place(1);
    const auto mask = place.run(blocking([] {
        sigset_t own;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &own);
        return own;
    }));
    CHECK(sigismember(&mask, SIGINT) == 1);
    CHECK(sigismember(&mask, SIGTERM) == 1);
    CHECK(sigismember(&mask, SIGCHLD) == 1);
    CHECK(sigismember(&mask, SIGSEGV) == 0);
    CHECK(sigismember(&mask, SIGABRT) == 0);
}

TEST_CASE("calls in line are made in the order in which they came") {
    const with_options one_thread({.max_threads = 1});
    test::place place(1);
    held_call first;
    std::vector<int> order;
    const auto run = [&](nursery& children) -> task<void> {
        children.spawn(blocking(first.ref()));
        co_await first.begun;
        std::vector<task<void>> calls;
        for (int i = 0; i < 100; ++i) calls.push_back(blocking([&, i] { order.push_back(i); }));
        first.may_end.count_down();
        co_await bobbin::when_all(std::move(calls));
    };
    place.run(bobbin::scope(run));
    CHECK(std::ranges::is_sorted(order));
    CHECK(order.size() == 100);
}

TEST_CASE("a call that is stopped in line is not made") {
    const with_options one_thread({.max_threads = 1});
    in_every_pool([](test::place& place) {
        held_call first;
        std::atomic<bool> made = false;
        const auto run = [&](nursery& children) -> task<void> {
            children.spawn(blocking(first.ref()));
            co_await first.begun;
            CHECK_THROWS_AS(co_await bobbin::with_timeout(1ms, blocking([&] { made = true; })),
                            bobbin::timed_out);
            first.may_end.count_down();
            co_await blocking([] {});  // behind it in line, if it were there
            CHECK_FALSE(made);
        };
        place.run(bobbin::scope(run));
    });
}

TEST_CASE("a task that was stopped before makes no call") {
    in_every_place([](test::place& place) {
        bool made = false;
        const auto run = [&](nursery& children) -> task<void> {
            children.request_stop();
            co_await blocking([&] { made = true; });
        };
        CHECK_THROWS_AS(place.run(bobbin::scope(run)), bobbin::cancelled);
        CHECK_FALSE(made);
    });
}

TEST_CASE("a call that is made is waited for, and its result stands") {
    in_every_pool([](test::place& place) {
        const auto run = [&](nursery& children) -> task<int> {
            co_return co_await blocking([&] {
                children.request_stop();
                return 5;
            });
        };
        CHECK(place.run(bobbin::scope(run)) == 5);
    });
}

TEST_CASE("calls run side by side up to the limit, and no more of them") {
    const with_options four({.max_threads = 4});
    test::place place(2);
    std::latch all_run(4);
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    const auto call = [&](bool meets) {
        const int now = ++running;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        if (meets) all_run.arrive_and_wait();  // ends only if four run at once
        --running;
    };
    std::vector<task<void>> calls;
    for (int i = 0; i < 1000; ++i) calls.push_back(blocking(call, i < 4));
    const auto run = [&]() -> task<void> { co_await bobbin::when_all(std::move(calls)); };
    place.run(run());
    CHECK(most == 4);
    CHECK(count_threads() <= 4);
}

TEST_CASE("threads end after their idle time, and the next call has one again") {
    const with_options short_lived({.keep_alive = 20ms});
    test::place place(2);
    for (int round = 0; round < 3; ++round) {
        std::latch all_run(8);
        std::vector<task<void>> calls;
        for (int i = 0; i < 8; ++i) calls.push_back(blocking([&] { all_run.arrive_and_wait(); }));
        const auto run = [&]() -> task<void> { co_await bobbin::when_all(std::move(calls)); };
        place.run(run());
        await_threads(0);
    }
}

TEST_CASE("a lower limit and a shorter idle time hold for the threads that are there") {
    const with_options usual({.max_threads = 8, .keep_alive = bobbin::time_span::endless});
    test::place place(2);
    std::latch all_run(8);
    std::vector<task<void>> calls;
    for (int i = 0; i < 8; ++i) calls.push_back(blocking([&] { all_run.arrive_and_wait(); }));
    const auto run = [&]() -> task<void> { co_await bobbin::when_all(std::move(calls)); };
    place.run(run());
    bobbin::set_blocking_options({.max_threads = 3, .keep_alive = bobbin::time_span::endless});
    await_threads(3);
    bobbin::set_blocking_options({.keep_alive = 0s});
    await_threads(0);
    CHECK(place.run(blocking([] { return 1; })) == 1);
    CHECK_THROWS_AS(bobbin::set_blocking_options({.max_threads = 0}), std::invalid_argument);
}

TEST_CASE("stops at any moment: a call is made, or its task is told that it is not") {
    const with_options few({.max_threads = 3, .keep_alive = 1ms});
    in_every_pool([](test::place& place) {
        std::atomic<int> made = 0;
        std::atomic<int> told_made = 0;
        std::atomic<int> told_not = 0;
        const auto child = [&]() -> task<void> {
            try {
                co_await blocking([&] { ++made; });
                ++told_made;
            } catch (const bobbin::cancelled&) {
                ++told_not;
            }
        };
        for (int round = 0; round < 200; ++round) {
            const auto run = [&](nursery& children) -> task<void> {
                for (int i = 0; i < 20; ++i) children.spawn(child());
                for (int i = 0; i < round % 10; ++i) co_await blocking([] {});
                children.request_stop();
            };
            place.run(bobbin::scope(run));
        }
        CHECK(made == told_made);
        CHECK(made + told_not <= 200 * 20);
    });
}

// In a child that may have no more threads than it has, and so many.
template <class F>
int with_more_threads(unsigned more, F body) {
    // The limit does not hold for root, and counts all that the user has running: nobody has
    // nothing else.
    if (geteuid() == 0 && setuid(65534) != 0) return 10;
    const rlimit few{.rlim_cur = 1 + more, .rlim_max = 1 + more};
    if (setrlimit(RLIMIT_NPROC, &few) != 0) return 11;
    // Without a pool, which would need threads.
    return sync_wait(body());
}

TEST_CASE("with no thread to be had, the await says so") {
    const auto end = test::in_child([] {
        return with_more_threads(0, []() -> task<int> {
            bool made = false;
            try {
                co_await blocking([&] { made = true; });
            } catch (const std::system_error& e) {
                co_return e.code() == std::errc::resource_unavailable_try_again && !made ? 0 : 1;
            }
            co_return 2;
        });
    });
    CHECK(end.exit_code == 0);
}

TEST_CASE("where no more threads are to be had, those that there are make all calls") {
    if (!child_may_start_threads) return;
    const auto end = test::in_child([] {
        return with_more_threads(2, []() -> task<int> {
            std::atomic<int> made = 0;
            std::vector<task<void>> calls;
            for (int i = 0; i < 100; ++i) calls.push_back(blocking([&] { ++made; }));
            co_await bobbin::when_all(std::move(calls));
            co_return made == 100 ? 0 : 1;
        });
    });
    CHECK(end.exit_code == 0);
}

TEST_CASE(
    "a call that comes when all threads are at calls and no more are to be had is made later") {
    if (!child_may_start_threads) return;
    const auto end = test::in_child([] {
        return with_more_threads(1, []() -> task<int> {
            held_call first;
            bool made = false;
            const auto second = [&]() -> task<void> {
                co_await first.begun;  // goes on on its thread, which is at that call
                first.may_end.count_down();
                co_await blocking([&] { made = true; });
            };
            co_await bobbin::when_all(blocking(first.ref()), second());
            co_return made ? 0 : 1;
        });
    });
    CHECK(end.exit_code == 0);
}

TEST_CASE("a forked child has threads of its own for its calls") {
    if (!child_may_start_threads) return;
    test::place place(2);
    held_call other;
    const auto run = [&](nursery& children) -> task<void> {
        children.spawn(blocking(other.ref()));
        co_await other.begun;
        const auto end = test::in_child([] {
            bobbin::thread_pool pool({.threads = 2});
            return sync_wait(pool, blocking([] { return 7; }));
        });
        CHECK(end.exit_code == 7);
        other.may_end.count_down();
    };
    place.run(bobbin::scope(run));
}

TEST_CASE("a child that was forked in a blocking call and returns from it is ended") {
    test::place place(1);
    const int status = place.run(blocking([] {
        const pid_t child = ::fork();
        int ended = -1;
        if (child != 0) ::waitpid(child, &ended, 0);
        return ended;
    }));
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == EXIT_FAILURE);
}
