// Goal: whatever is spawned in a scope has ended when the scope has, on every path, and its first
// error is not lost. Method: values that count their lives; children that count their begins and
// ends.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bobbin::nursery;
using bobbin::scope;
using bobbin::task;
using test::balanced;
using test::counted;
using test::in_every_place;

task<void> count_in(std::atomic<int>& counter, counted = counted()) {
    counter.fetch_add(1);
    co_return;
}

template <class E>
task<void> fail(E error) {
    throw error;
    co_return;
}

// Spawns two of itself until `depth` is 0.
task<void> spread(nursery& children, std::atomic<int>& counter, int depth) {
    counter.fetch_add(1);
    if (depth == 0) co_return;
    children.spawn(spread(children, counter, depth - 1));
    children.spawn(spread(children, counter, depth - 1));
}

}  // namespace

TEST_CASE_FIXTURE(balanced,
                  "a scope returns what its body returns, after all children have ended") {
    in_every_place([](test::place& place) {
        std::atomic<int> ended = 0;
        auto body = [&](nursery& children) -> task<counted> {
            for (int i = 0; i < 1000; ++i) children.spawn(count_in(ended));
            co_return counted(7);
        };
        auto work = [&]() -> task<int> {
            const counted result = co_await scope(body);
            CHECK(ended == 1000);
            co_return result.value;
        };
        counted::forget_copies();
        CHECK(place.run(work()) == 7);
        CHECK(counted::copies() == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("a scope returns void, references and what can only be moved") {
    in_every_place([](test::place& place) {
        int object = 0;
        auto nothing = [](nursery&) -> task<void> { co_return; };
        auto reference = [&](nursery&) -> task<int&> { co_return object; };
        auto pointer = [](nursery&) -> task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(5);
        };
        auto work = [&]() -> task<bool> {
            co_await scope(nothing);
            int& same = co_await scope(reference);
            const auto five = co_await scope(pointer);
            co_return &same == &object&&* five == 5;
        };
        CHECK(place.run(work()));
    });
}

TEST_CASE("children spawn children of the same scope") {
    in_every_place([](test::place& place) {
        std::atomic<int> ran = 0;
        auto body = [&](nursery& children) -> task<void> {
            children.spawn(spread(children, ran, 10));
            co_return;
        };
        place.run(scope(body));
        CHECK(ran == 2047);
    });
}

TEST_CASE("children run while the body is suspended") {
    in_every_place([](test::place& place) {
        auto body = [](nursery& children) -> task<void> {
            test::gate opened;
            auto open = [](test::gate& which) -> task<void> {
                which.open();
                co_return;
            };
            children.spawn(open(opened));
            co_await opened;
        };
        place.run(scope(body));
    });
}

TEST_CASE("foreign threads spawn while the scope is open, and children at the same time") {
    in_every_place([](test::place& place) {
        std::atomic<int> ran = 0;
        std::vector<std::thread> foreign;
        auto body = [&](nursery& children) -> task<void> {
            test::gate done[3];
            for (test::gate& each : done)
                foreign.emplace_back([&children, &each, &ran] {
                    for (int i = 0; i < 100; ++i) children.spawn(spread(children, ran, 3));
                    each.open();
                });
            for (test::gate& each : done) co_await each;
        };
        place.run(scope(body));
        CHECK(ran == 3 * 100 * 15);
        for (std::thread& each : foreign) each.join();
    });
}

TEST_CASE_FIXTURE(balanced,
                  "an exception between spawn and join is thrown after the children have ended") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        std::atomic<int> begun = 0;
        std::atomic<int> ended = 0;
        auto child = [&](counted) -> task<void> {
            begun.fetch_add(1);
            for (int i = 0; i < 5; ++i) co_await elsewhere;
            ended.fetch_add(1);
        };
        auto body = [&](nursery& children) -> task<int> {
            for (int i = 0; i < 10; ++i) children.spawn(child(counted(i)));
            co_await elsewhere;
            throw std::runtime_error("body");
        };
        auto work = [&]() -> task<int> {
            try {
                co_await scope(body);
            } catch (const std::runtime_error&) {
                co_return begun - ended;
            }
            co_return -1;
        };
        CHECK(place.run(work()) == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE_FIXTURE(balanced, "a body that throws before it is a task leaves no child behind") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        std::atomic<int> begun = 0;
        std::atomic<int> ended = 0;
        auto child = [&](counted) -> task<void> {
            begun.fetch_add(1);
            for (int i = 0; i < 5; ++i) co_await elsewhere;
            ended.fetch_add(1);
        };
        // Plain functions: they spawn, then fail to return a task.
        auto throwing = [&](nursery& children) -> task<void> {
            children.spawn(child(counted()));
            throw std::runtime_error("body");
        };
        auto empty = [&](nursery& children) -> task<void> {
            children.spawn(child(counted()));
            return {};
        };
        auto work = [&](auto body) -> task<void> {
            try {
                co_await scope(body);
            } catch (...) {
                CHECK(begun == ended);
                throw;
            }
        };
        CHECK_THROWS_WITH_AS(place.run(work(throwing)), "body", std::runtime_error);
        CHECK_THROWS_AS(place.run(work(empty)), std::logic_error);
        CHECK(begun == ended);
    });
}

TEST_CASE("the first error of a child stops the body and the other children, and is thrown") {
    in_every_place([](test::place& place) {
        auto body = [](nursery& children) -> task<int> {
            for (int i = 0; i < 5; ++i) children.spawn(test::until_stopped());
            children.spawn(fail(std::runtime_error("child")));
            co_await test::until_stopped();
            co_return 0;
        };
        CHECK_THROWS_WITH_AS(place.run(scope(body)), "child", std::runtime_error);
    });
}

TEST_CASE("of several errors the first in time is thrown, std or not") {
    in_every_place([](test::place& place) {
        auto fail_when_stopped = []() -> task<void> {
            try {
                co_await test::until_stopped();
            } catch (const bobbin::cancelled&) {
            }
            throw std::runtime_error("later");
        };
        auto body = [&](nursery& children) -> task<void> {
            for (int i = 0; i < 5; ++i) children.spawn(fail_when_stopped());
            children.spawn(fail(42));
            co_await fail_when_stopped();
        };
        CHECK_THROWS_AS(place.run(scope(body)), int);
    });
}

TEST_CASE_FIXTURE(balanced, "a child that is spawned after an error does not run") {
    in_every_place([](test::place& place) {
        std::atomic<int> ran = 0;
        auto body = [&](nursery& children) -> task<void> {
            children.spawn(fail(42));
            try {
                co_await test::until_stopped();
            } catch (const bobbin::cancelled&) {
            }
            for (int i = 0; i < 10; ++i) children.spawn(count_in(ran, counted(i)));
        };
        CHECK_THROWS_AS(place.run(scope(body)), int);
        CHECK(ran == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("a child that is spawned in consequence of a stop does not run") {
    // Sought: a stop that is still being told to its listeners, while a scope inside, which has
    // none, remembers that it was not stopped.
    in_every_place([](test::place& place) {
        test::gate ready;
        test::gate told;
        test::gate stopped;
        std::binary_semaphore gone(0);
        bool ran = false;
        auto first = [&]() -> task<void> {
            ready.open();
            co_return;
        };
        auto second = [&](std::shared_ptr<void> /*held*/) -> task<void> {
            ran = true;
            co_return;
        };
        auto inner = [&](nursery& children) -> task<void> {
            children.spawn(first());
            co_await told;
            children.spawn(second(std::shared_ptr<void>(&gone, [&](void*) { gone.release(); })));
        };
        std::thread foreign;
        auto outer = [&](nursery& children) -> task<void> {
            const std::stop_callback on_stop(children.stop_token(), [&] {
                told.open();
                gone.acquire();
            });
            children.spawn(scope(inner));
            co_await ready;
            foreign = std::thread([&] {
                children.request_stop();
                stopped.open();
            });
            co_await stopped;
        };
        place.run(scope(outer));
        foreign.join();
        CHECK_FALSE(ran);
    });
}

TEST_CASE("children that end as cancelled because request_stop was called are no error") {
    in_every_place([](test::place& place) {
        auto body = [](nursery& children) -> task<int> {
            for (int i = 0; i < 5; ++i) children.spawn(test::until_stopped());
            children.request_stop();
            for (int i = 0; i < 5; ++i) children.spawn(test::until_stopped());
            co_return 3;
        };
        CHECK(place.run(scope(body)) == 3);
    });
}

TEST_CASE("request_stop may be called by a child and by a foreign thread, any number of times") {
    in_every_place([](test::place& place) {
        auto body = [](nursery& children) -> task<int> {
            auto stop = [](nursery& which) -> task<void> {
                which.request_stop();
                co_return;
            };
            children.spawn(test::until_stopped());
            children.spawn(stop(children));
            children.spawn(stop(children));
            std::thread([&] { children.request_stop(); }).join();
            co_return 4;
        };
        CHECK(place.run(scope(body)) == 4);
    });
}

TEST_CASE("an error is thrown although request_stop was called") {
    in_every_place([](test::place& place) {
        auto body = [](nursery& children) -> task<void> {
            test::gate begun;
            auto fail_when_stopped = [](test::gate& has_begun) -> task<void> {
                has_begun.open();
                try {
                    co_await test::until_stopped();
                } catch (const bobbin::cancelled&) {
                }
                throw 42;
            };
            children.spawn(fail_when_stopped(begun));
            co_await begun;
            children.request_stop();
        };
        CHECK_THROWS_AS(place.run(scope(body)), int);
    });
}

TEST_CASE("a child that ends as cancelled by itself cancels the scope") {
    in_every_place([](test::place& place) {
        auto body = [](nursery& children) -> task<void> {
            children.spawn(fail(bobbin::cancelled()));
            co_await test::until_stopped();
        };
        CHECK_THROWS_AS(place.run(scope(body)), bobbin::cancelled);
    });
}

TEST_CASE("code that is no task sees the scope's stop through its token") {
    in_every_place([](test::place& place) {
        std::stop_token seen;
        auto body = [&](nursery& children) -> task<void> {
            seen = children.stop_token();
            CHECK_FALSE(seen.stop_requested());
            children.request_stop();
            CHECK(seen.stop_requested());
            co_return;
        };
        place.run(scope(body));
        CHECK(seen.stop_requested());
    });
}

TEST_CASE("spawning an empty task throws and leaves the scope as it was") {
    in_every_place([](test::place& place) {
        std::atomic<int> ran = 0;
        auto body = [&](nursery& children) -> task<void> {
            CHECK_THROWS_AS(children.spawn({}), std::logic_error);
            children.spawn(count_in(ran));
            co_return;
        };
        place.run(scope(body));
        CHECK(ran == 1);
    });
}

TEST_CASE("a scope in a scope ends first, and its error is the outer one's to catch") {
    in_every_place([](test::place& place) {
        std::atomic<int> ran = 0;
        auto inner = [&](nursery& children) -> task<void> {
            children.spawn(count_in(ran));
            children.spawn(fail(42));
            co_await test::until_stopped();
        };
        auto outer = [&](nursery& children) -> task<int> {
            int caught = 0;
            try {
                co_await scope(inner);
            } catch (int error) {
                caught = error;
            }
            children.spawn(count_in(ran));
            co_return caught;
        };
        CHECK(place.run(scope(outer)) == 42);
        CHECK(ran >= 1);
    });
}
