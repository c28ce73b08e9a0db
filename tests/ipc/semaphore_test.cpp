// Permits that processes share.
#include "children.hpp"

#include <bobbin/ipc/semaphore.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <limits>
#include <stdexcept>
#include <thread>

using bobbin::ipc::create_named;
using bobbin::ipc::open_named;
using bobbin::ipc::process;
using bobbin::ipc::semaphore;
using bobbin::ipc::shared_value;
using namespace std::chrono_literals;

TEST_CASE("no more processes than there are permits are in at a time") {
    semaphore permits(3);
    shared_value<int> inside;
    shared_value<int> entries;
    shared_value<bool> crowded;
    test::run_at_once(20, [&](int) {
        for (int i = 0; i < 100; ++i) {
            permits.acquire();
            if (++inside > 3) crowded = true;
            ++entries;
            --inside;
            permits.release();
        }
    });
    CHECK(entries == 2000);
    CHECK_FALSE(crowded);
    CHECK(permits.value() == 3);
}

TEST_CASE("threads take turns by two semaphores") {
    semaphore ping(1);
    semaphore pong(0);
    int turns = 0;
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i) {
            pong.acquire();
            ++turns;
            ping.release();
        }
    });
    for (int i = 0; i < 1000; ++i) {
        ping.acquire();
        ++turns;
        pong.release();
    }
    other.join();
    CHECK(turns == 2000);
}

TEST_CASE("a semaphore without permits lets nobody in until one is released") {
    semaphore permits(0);
    CHECK_FALSE(permits.try_acquire());
    CHECK_FALSE(permits.try_acquire_for(1ms));
    auto waiting = process::forked([&] { permits.acquire(); });
    REQUIRE(test::await_sleep(waiting));
    CHECK_FALSE(permits.try_acquire());
    permits.release();
    CHECK(waiting.join().ok());
    permits.release(2);
    CHECK(permits.value() == 2);
    CHECK(permits.try_acquire());
    CHECK(permits.try_acquire_for(1s));
    CHECK_FALSE(permits.try_acquire());
}

TEST_CASE("permits that are released at once let in as many as wait") {
    semaphore permits(0);
    std::vector<process> waiting;
    for (int i = 0; i < 6; ++i) waiting.push_back(process::forked([&] { permits.acquire(); }));
    for (const auto& each : waiting) REQUIRE(test::await_sleep(each));
    permits.release(6);
    for (auto& each : waiting) CHECK(each.join().ok());
    CHECK(permits.value() == 0);
}

TEST_CASE("a process that dies while it waits takes no permit, and another's turn comes") {
    semaphore permits(0);
    std::vector<process> doomed;
    for (int i = 0; i < 3; ++i) {
        doomed.push_back(process::forked([&] { permits.acquire(); }));
        REQUIRE(test::await_sleep(doomed.back()));
    }
    auto other = process::forked([&] { permits.acquire(); });
    REQUIRE(test::await_sleep(other));
    for (auto& each : doomed) {
        each.kill();
        CHECK(each.join().signal == SIGKILL);
    }
    permits.release();
    CHECK(other.join().ok());
    CHECK(permits.value() == 0);
}

TEST_CASE("processes that are killed while they take and give lose one permit each at most") {
    semaphore permits(100);
    for (int i = 0; i < 50; ++i) {
        test::waypoint running;
        auto doomed = process::forked([&] {
            test::arrive(running.path());
            for (;;) {
                permits.acquire();
                permits.release();
            }
        });
        REQUIRE(running.await_arrivals(1));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
    }
    CHECK(permits.value() >= 50);
    CHECK(permits.value() <= 100);
    CHECK(permits.try_acquire_for(10s));
}

TEST_CASE("a waiter's deadline is kept while another, which waits before it, is stopped") {
    semaphore permits(0);
    auto first = process::forked([&] { permits.acquire(); });
    REQUIRE(test::await_sleep(first));
    ::kill(first.pid(), SIGSTOP);
    const auto took = test::time_of([&] { CHECK_FALSE(permits.try_acquire_for(20ms)); });
    CHECK(took >= 20ms);
    CHECK(took < 10s);
    ::kill(first.pid(), SIGCONT);
    permits.release();
    CHECK(first.join().ok());
}

TEST_CASE("more permits than can be counted are an error, and none is released") {
    constexpr auto too_many = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_AS(semaphore{too_many}, std::overflow_error);
    semaphore permits(1);
    CHECK_THROWS_AS(permits.release(too_many), std::overflow_error);
    permits.release(0);
    CHECK(permits.value() == 1);
    CHECK(permits.try_acquire());
    permits.release();
}

TEST_CASE("copies, and semaphores opened by name or by segment, have the same permits") {
    const test::unique_name name;
    semaphore permits(create_named{name.text()}, 1);
    semaphore copy = permits;
    semaphore attached(permits.memory());
    semaphore opened(open_named{name.text()});
    CHECK(copy.try_acquire());
    CHECK_FALSE(attached.try_acquire());
    opened.release();
    CHECK(permits.try_acquire());
    CHECK_THROWS_AS(semaphore(shared_value<int>().memory()), bobbin::ipc::wrong_segment);
}
