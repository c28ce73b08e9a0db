// A counter of which each thread has a part of its own.
#include "children.hpp"

#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/sharded_counter.hpp>

#include <memory>
#include <thread>

using bobbin::ipc::create_named;
using bobbin::ipc::open_named;
using bobbin::ipc::process;
using bobbin::ipc::sharded_counter;

TEST_CASE("a hundred processes at once lose no increment, each in a shard of its own") {
    const sharded_counter counter;
    test::run_at_once(100, [&](int) {
        auto mine = counter.local();
        for (int i = 0; i < 1000; ++i) ++mine;
    });
    CHECK(counter.value() == 100'000);
}

TEST_CASE("more processes than there are shards lose nothing either") {
    const sharded_counter counter;
    constexpr int holders = 8;
    constexpr int of_each = sharded_counter::shards / holders + 1;
    // Until its process is killed.
    static std::vector<std::unique_ptr<sharded_counter::shard>> held;
    std::vector<std::unique_ptr<test::staying_process>> all;
    for (int i = 0; i < holders; ++i)
        all.push_back(std::make_unique<test::staying_process>([&] {
            for (int k = 0; k < of_each; ++k) {
                held.emplace_back(new sharded_counter::shard(counter.local()));
                ++*held.back();
            }
        }));
    CHECK(counter.value() == holders * of_each);
    test::run_at_once(20, [&](int) {
        auto mine = counter.local();
        for (int i = 0; i < 1000; ++i) ++mine;
    });
    CHECK(counter.value() == 20'000 + holders * of_each);
}

TEST_CASE("threads lose no increment while others read") {
    sharded_counter counter;
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([own = counter] {
            auto mine = own.local();
            for (int k = 0; k < 10'000; ++k) ++mine;
        });
    std::int64_t last = 0;
    while (last < 40'000) {
        const auto now = counter.value();
        REQUIRE(now >= last);
        last = now;
    }
    for (auto& each : all) each.join();
    CHECK(counter.value() == 40'000);
}

TEST_CASE("one may add and take away any number, with a shard or without") {
    sharded_counter counter;
    auto mine = counter.local();
    mine += 100;
    mine.add(-30);
    counter.add(5);
    counter.add(-100);
    CHECK(counter.value() == -25);
}

TEST_CASE("what a process added before it was killed stays, and others go on in its shard") {
    const sharded_counter counter;
    // More than there are shards.
    for (int i = 0; i < 300; ++i) {
        auto doomed = process::forked([&] {
            auto mine = counter.local();
            ++mine;
            ::kill(::getpid(), SIGKILL);
        });
        REQUIRE(doomed.join().signal == SIGKILL);
    }
    CHECK(counter.value() == 300);
}

TEST_CASE("processes that are killed while they count lose what they had not counted, no more") {
    const sharded_counter counter;
    const sharded_counter reported;
    for (int i = 0; i < 50; ++i) {
        test::waypoint running;
        auto doomed = process::forked([&] {
            auto mine = counter.local();
            auto report = reported.local();
            test::arrive(running.path());
            for (;;) {
                ++mine;
                ++report;
            }
        });
        REQUIRE(running.await_arrivals(1));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
    }
    const auto difference = counter.value() - reported.value();
    CHECK(difference >= 0);
    CHECK(difference <= 50);
}

TEST_CASE("a child does not write where its parent does, though it has a copy of the shard") {
    const sharded_counter counter;
    auto mine = counter.local();
    ++mine;
    test::waypoint start;
    std::vector<process> children;
    for (int i = 0; i < 4; ++i)
        children.push_back(process::forked([&] {
            test::stop_at(start.path());
            for (int k = 0; k < 100'000; ++k) ++mine;
        }));
    REQUIRE(start.await_arrivals(4));
    start.let_go(4);
    for (int k = 0; k < 100'000; ++k) ++mine;
    for (auto& each : children) CHECK(each.join().ok());
    CHECK(counter.value() == 500'001);
}

TEST_CASE("a child that ends a copy of its parent's shard leaves it to the parent") {
    const sharded_counter counter;
    auto mine =
        std::unique_ptr<sharded_counter::shard>(new sharded_counter::shard(counter.local()));
    CHECK(process::forked([&] { mine.reset(); }).join().ok());
    CHECK(process::forked([&] {
              ++*mine;
              mine.reset();
          })
              .join()
              .ok());
    ++*mine;
    CHECK(counter.value() == 2);
}

TEST_CASE("a shard keeps the counter's memory") {
    auto counter = std::make_unique<sharded_counter>();
    auto mine = counter->local();
    const sharded_counter attached(counter->memory());
    counter.reset();
    ++mine;
    CHECK(attached.value() == 1);
}

TEST_CASE("a counter is opened by name") {
    const test::unique_name name;
    sharded_counter counter(create_named{name.text()});
    const sharded_counter opened(open_named{name.text()});
    counter.add(3);
    CHECK(opened.value() == 3);
    CHECK_THROWS_AS(sharded_counter(bobbin::ipc::mutex().memory()), bobbin::ipc::wrong_segment);
}
