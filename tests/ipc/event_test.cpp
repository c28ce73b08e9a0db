// A flag that processes wait for.
#include "children.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/semaphore.hpp>

#include <thread>

using bobbin::ipc::create_named;
using bobbin::ipc::event;
using bobbin::ipc::open_named;
using bobbin::ipc::process;
using namespace std::chrono_literals;

TEST_CASE("a set event lets pass, a cleared one doesn't") {
    event flag;
    CHECK_FALSE(flag.is_set());
    CHECK_FALSE(flag.wait_for(1ms));
    flag.set();
    flag.set();
    CHECK(flag.is_set());
    flag.wait();
    CHECK(test::true_in_child([&] { return flag.is_set() && flag.wait_for(10s); }));
    flag.clear();
    flag.clear();
    CHECK_FALSE(flag.is_set());
    CHECK_FALSE(flag.wait_until(std::chrono::steady_clock::now() - 1s));
}

TEST_CASE("who waits when an event is set goes on, though it is cleared right after") {
    event flag;
    std::vector<process> waiting;
    for (int i = 0; i < 10; ++i) waiting.push_back(process::forked([&] { flag.wait(); }));
    for (const auto& each : waiting) REQUIRE(test::await_sleep(each));
    flag.set();
    flag.clear();
    for (auto& each : waiting) CHECK(each.join().ok());
    CHECK_FALSE(flag.is_set());
}

TEST_CASE("threads that wait see what was done before the event was set") {
    event flag;
    int before = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([&, own = flag] {
            own.wait();
            CHECK(before == 1);
        });
    before = 1;
    flag.set();
    for (auto& each : all) each.join();
}

TEST_CASE("a process that dies while it waits leaves the others to be woken") {
    event flag;
    auto doomed = process::forked([&] { flag.wait(); });
    auto other = process::forked([&] { flag.wait(); });
    REQUIRE(test::await_sleep(doomed));
    REQUIRE(test::await_sleep(other));
    doomed.kill();
    CHECK(doomed.join().signal == SIGKILL);
    flag.set();
    CHECK(other.join().ok());
}

TEST_CASE("processes that are killed while they set and clear leave an event that works") {
    event flag;
    for (int i = 0; i < 50; ++i) {
        test::waypoint running;
        auto doomed = process::forked([&] {
            test::arrive(running.path());
            for (;;) {
                flag.set();
                flag.clear();
            }
        });
        REQUIRE(running.await_arrivals(1));
        CHECK(flag.wait_for(10s));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
        flag.clear();
        CHECK_FALSE(flag.is_set());
    }
    auto waiting = process::forked([&] { flag.wait(); });
    REQUIRE(test::await_sleep(waiting));
    flag.set();
    CHECK(waiting.join().ok());
}

TEST_CASE("copies, and events opened by name or by segment, are the same") {
    const test::unique_name name;
    event flag(create_named{name.text()});
    event copy = flag;
    const event attached(flag.memory());
    const event opened(open_named{name.text()});
    copy.set();
    CHECK(flag.is_set());
    CHECK(attached.is_set());
    CHECK(opened.is_set());
    CHECK_THROWS_AS(event(bobbin::ipc::semaphore(0).memory()), bobbin::ipc::wrong_segment);
}
