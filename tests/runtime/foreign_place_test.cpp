// Goal: a task goes on on a thread of its pool, whoever resumed what it awaited, unless it chose to
// stay there; and resuming from inside a task takes no stack. Method: Asio says which threads are
// its own; chains of 100,000 events.

#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/here.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <doctest/doctest.h>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bobbin::task;
using test::in_every_place;
using test::in_every_pool;

bool at_home(test::place& place) {
    return place.pool().get_executor().running_in_this_thread();
}

task<std::thread::id> own_thread() {
    co_return std::this_thread::get_id();
}

constexpr std::size_t chain_length = 100'000;

// Waits for its event and then sets the next one, from inside the task.
task<void> link(std::vector<test::gate>& events, std::size_t own) {
    co_await events[own];
    events[own + 1].open();
}

// All links wait before `set_first` runs.
template <class SetFirst>
task<void> chain(SetFirst set_first) {
    std::vector<test::gate> events(chain_length + 1);
    std::vector<task<void>> tasks;
    for (std::size_t i = 0; i < chain_length; ++i) tasks.push_back(link(events, i));
    tasks.push_back(set_first(events[0]));
    co_await bobbin::when_all(std::move(tasks));
    co_await events[chain_length];
}

}  // namespace

TEST_CASE("after a foreign awaitable a task is back on its pool") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        auto work = [&]() -> task<int> {
            int away = 0;
            for (int i = 0; i < 200; ++i) {
                const auto resumer = co_await elsewhere;
                if (resumer != elsewhere.id() || !at_home(place)) ++away;
            }
            co_return away;
        };
        CHECK(place.run(work()) == 0);
    });
}

TEST_CASE("children and nurseries too are back on their pool") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        std::atomic<int> away = 0;
        auto child = [&]() -> task<void> {
            for (int i = 0; i < 20; ++i) {
                co_await elsewhere;
                if (!at_home(place)) away.fetch_add(1);
            }
        };
        auto body = [&](bobbin::nursery& children) -> task<void> {
            for (int i = 0; i < 5; ++i) children.spawn(child());
            co_await bobbin::when_all(child(), child());
        };
        place.run(bobbin::scope(body));
        CHECK(away == 0);
    });
}

TEST_CASE("a task of one pool that another pool resumes comes back") {
    bobbin::thread_pool other({.threads = 1, .name = "other"});
    in_every_pool([&](test::place& place) {
        test::gate opened;
        auto waiting = [&]() -> task<bool> {
            co_await opened;
            co_return at_home(place);
        };
        auto open = [&]() -> task<void> {
            opened.open();
            co_return;
        };
        other.spawn(open());
        CHECK(place.run(waiting()));
    });
}

TEST_CASE(
    "here stays on the thread that resumed, with all that the task runs, until it hops again") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        auto work = [&]() -> task<void> {
            const auto resumer = co_await bobbin::here(elsewhere);
            CHECK(resumer == elsewhere.id());
            CHECK(std::this_thread::get_id() == elsewhere.id());
            CHECK(co_await own_thread() == elsewhere.id());
            auto [first, second] = co_await bobbin::when_all(own_thread(), own_thread());
            CHECK(first == elsewhere.id());
            CHECK(second == elsewhere.id());
            CHECK(std::this_thread::get_id() == elsewhere.id());

            co_await elsewhere;
            CHECK(at_home(place));
            co_await bobbin::here(elsewhere);
            CHECK_FALSE(at_home(place));
            co_await bobbin::sleep_for(std::chrono::milliseconds(1));
            CHECK(at_home(place));
        };
        place.run(work());
    });
}

TEST_CASE("what is spawned after here runs on the pool") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        bool child_at_home = false;
        auto child = [&]() -> task<void> {
            child_at_home = at_home(place);
            co_return;
        };
        auto body = [&](bobbin::nursery& children) -> task<void> {
            co_await bobbin::here(elsewhere);
            children.spawn(child());
        };
        place.run(bobbin::scope(body));
        CHECK(child_at_home);
    });
}

TEST_CASE("a handler of Asio's resumes tasks of its pool, and they run there") {
    in_every_pool([](test::place& place) {
        test::gate opened;
        std::atomic<int> home = 0;
        auto waiting = [&]() -> task<void> {
            co_await opened;
            if (at_home(place)) home.fetch_add(1);
        };
        auto open = [&]() -> task<void> {
            boost::asio::post(place.pool().get_executor(), [&] { opened.open(); });
            co_return;
        };
        auto work = [&]() -> task<void> {
            std::vector<task<void>> tasks;
            for (int i = 0; i < 100; ++i) tasks.push_back(waiting());
            tasks.push_back(open());
            co_await bobbin::when_all(std::move(tasks));
        };
        place.run(work());
        CHECK(home == 100);
    });
}

TEST_CASE("100,000 events that set each other from inside tasks take no stack") {
    in_every_place([](test::place& place) {
        auto set = [](test::gate& first) -> task<void> {
            first.open();
            co_return;
        };
        place.run(chain(set));
    });
}

TEST_CASE("100,000 events take no stack, set off from a foreign thread") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        auto set = [&](test::gate& first) -> task<void> {
            co_await bobbin::here(elsewhere);
            first.open();
        };
        place.run(chain(set));
    });
}

TEST_CASE("100,000 events take no stack, set off from a handler of Asio's") {
    in_every_pool([](test::place& place) {
        auto set = [&](test::gate& first) -> task<void> {
            boost::asio::post(place.pool().get_executor(), [&first] { first.open(); });
            co_return;
        };
        place.run(chain(set));
    });
}

TEST_CASE("a loop over awaitables that resume at once takes no stack") {
    class at_once {
    public:
        at_once() noexcept {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) const { waiting.resume(); }
        void await_resume() const noexcept {}
    };
    in_every_place([](test::place& place) {
        auto work = []() -> task<int> {
            int rounds = 0;
            for (; rounds < 200'000; ++rounds) co_await at_once();
            co_return rounds;
        };
        CHECK(place.run(work()) == 200'000);
    });
}
