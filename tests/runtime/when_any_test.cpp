// Goal: when_any gives back the first task to end, and nothing of the others outlives it.
// Method: gates decide who ends first; values count their lives; in every place.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

using bobbin::task;
using bobbin::when_any;
using test::balanced;
using test::counted;
using test::in_every_place;

task<counted> value(int number) {
    co_return counted(number);
}

task<counted> value_when_stopped() {
    try {
        co_await test::until_stopped();
    } catch (const bobbin::cancelled&) {
    }
    co_return counted(-2);
}

}  // namespace

TEST_CASE_FIXTURE(balanced, "when_any returns the index and the value of the first task to end") {
    in_every_place([](test::place& place) {
        auto text = []() -> task<std::string> { co_return "text"; };
        auto work = [&]() -> task<void> {
            auto first = co_await when_any(value_when_stopped(), text());
            static_assert(std::is_same_v<decltype(first),
                                         bobbin::first_result<std::variant<counted, std::string>>>);
            CHECK(first.index == 1);
            CHECK(std::get<1>(first.value) == "text");
        };
        place.run(work());
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE_FIXTURE(balanced, "when_any of a vector returns a plain value") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<void> {
            std::vector<task<counted>> tasks;
            for (int i = 0; i < 9; ++i) tasks.push_back(value_when_stopped());
            tasks.push_back(value(9));
            const bobbin::first_result<counted> first = co_await when_any(std::move(tasks));
            CHECK(first.index == 9);
            CHECK(first.value.value == 9);
            CHECK(counted::copies() == 0);
        };
        place.run(work());
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("when_any moves values that can only be moved, and makes void a monostate") {
    in_every_place([](test::place& place) {
        auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
        auto work = [&]() -> task<int> {
            auto first = co_await when_any(pointer(), test::until_stopped());
            static_assert(std::is_same_v<std::variant_alternative_t<1, decltype(first.value)>,
                                         std::monostate>);
            co_return *std::get<0>(first.value);
        };
        CHECK(place.run(work()) == 3);
        auto of_void = []() -> task<std::size_t> {
            std::vector<task<void>> tasks;
            tasks.push_back(test::until_stopped());
            tasks.push_back([]() -> task<void> { co_return; }());
            co_return (co_await when_any(std::move(tasks))).index;
        };
        CHECK(place.run(of_void()) == 1);
    });
}

TEST_CASE("when_any of references returns a reference wrapper") {
    in_every_place([](test::place& place) {
        int object = 0;
        auto reference = [&]() -> task<int&> { co_return object; };
        auto work = [&]() -> task<bool> {
            const auto of_tasks = co_await when_any(reference(), test::until_stopped());
            std::vector<task<int&>> tasks;
            tasks.push_back(reference());
            const auto of_vector = co_await when_any(std::move(tasks));
            const std::reference_wrapper<int> first = std::get<0>(of_tasks.value);
            const std::reference_wrapper<int> second = of_vector.value;
            co_return &first.get() == &object&&& second.get() == &object;
        };
        CHECK(place.run(work()));
    });
}

TEST_CASE_FIXTURE(balanced, "when_any takes the order of ends, not of positions") {
    in_every_place([](test::place& place) {
        for (std::size_t winner = 0; winner < 3; ++winner) {
            test::gate all_begun;
            test::gate gates[3];
            std::atomic<int> begun = 0;
            // Ends when its gate opens; that of a loser opens when it is stopped.
            auto racer = [&](int number) -> task<counted> {
                test::gate& own = gates[number];
                const auto token = co_await bobbin::this_stop_token();
                const std::stop_callback on_stop(token, [&own] { own.open(); });
                if (begun.fetch_add(1) == 2) all_begun.open();
                co_await own;
                co_return counted(number);
            };
            auto race = [&]() -> task<void> {
                const auto first = co_await when_any(racer(0), racer(1), racer(2));
                CHECK(first.index == winner);
            };
            auto open_winner = [&]() -> task<void> {
                co_await all_begun;
                gates[winner].open();
            };
            auto work = [&]() -> task<void> { co_await bobbin::when_all(race(), open_winner()); };
            place.run(work());
            CHECK(counted::alive() == 0);
        }
    });
}

TEST_CASE("when_any throws what the first to end threw, and drops later errors") {
    in_every_place([](test::place& place) {
        auto fail = []() -> task<void> {
            throw std::runtime_error("first");
            co_return;
        };
        auto fail_when_stopped = []() -> task<void> {
            try {
                co_await test::until_stopped();
            } catch (const bobbin::cancelled&) {
            }
            throw 42;
        };
        auto work = [&]() -> task<void> {
            co_await when_any(fail_when_stopped(), fail(), fail_when_stopped());
        };
        CHECK_THROWS_WITH_AS(place.run(work()), "first", std::runtime_error);
    });
}

TEST_CASE("losers of a when_any are stopped and awaited") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        std::atomic<int> begun = 0;
        std::atomic<int> ended = 0;
        auto loser = [&]() -> task<void> {
            begun.fetch_add(1);
            try {
                co_await test::until_stopped();
            } catch (const bobbin::cancelled&) {
            }
            for (int i = 0; i < 5; ++i) co_await elsewhere;
            ended.fetch_add(1);
        };
        auto winner = [&]() -> task<void> { co_await elsewhere; };
        auto work = [&]() -> task<int> {
            const auto first = co_await when_any(loser(), winner(), loser());
            co_return first.index == 1 ? begun - ended : -1;
        };
        CHECK(place.run(work()) == 0);
        CHECK(begun >= 1);
    });
}

TEST_CASE_FIXTURE(balanced, "tasks that have not begun when the first ends never begin") {
    for (const unsigned threads : {0U, 1U}) {
        CAPTURE(threads);
        test::place place(threads);
        bool began = false;
        auto late = [&](counted) -> task<void> {
            began = true;
            co_return;
        };
        auto at_once = []() -> task<void> { co_return; };
        auto work = [&]() -> task<std::size_t> {
            const auto first = co_await when_any(at_once(), late(counted(1)), late(counted(2)));
            co_return first.index;
        };
        CHECK(place.run(work()) == 0);
        CHECK_FALSE(began);
    }
}

TEST_CASE("a group inside a losing task is stopped to its leaves") {
    in_every_place([](test::place& place) {
        auto group = []() -> task<void> {
            co_await bobbin::when_all(test::until_stopped(), test::until_stopped());
        };
        auto at_once = []() -> task<int> { co_return 1; };
        auto work = [&]() -> task<std::size_t> {
            const auto first = co_await when_any(group(), group(), at_once());
            co_return first.index;
        };
        CHECK(place.run(work()) == 2);
    });
}

TEST_CASE("a race inside a race") {
    in_every_place([](test::place& place) {
        auto at_once = []() -> task<int> { co_return 7; };
        auto inner = [&]() -> task<int> {
            const auto first = co_await when_any(test::until_stopped(), at_once());
            co_return std::get<1>(first.value);
        };
        auto work = [&]() -> task<int> {
            const auto first = co_await when_any(test::until_stopped(), inner());
            co_return std::get<1>(first.value);
        };
        CHECK(place.run(work()) == 7);
    });
}

TEST_CASE("many races in a row each have one winner") {
    in_every_place([](test::place& place) {
        auto number = [](int value) -> task<int> { co_return value; };
        auto work = [&]() -> task<int> {
            int wrong = 0;
            for (int round = 0; round < 2000; ++round) {
                std::vector<task<int>> tasks;
                for (int i = 0; i < 4; ++i) tasks.push_back(number(i));
                const auto first = co_await when_any(std::move(tasks));
                wrong += static_cast<std::size_t>(first.value) == first.index ? 0 : 1;
            }
            co_return wrong;
        };
        CHECK(place.run(work()) == 0);
    });
}

TEST_CASE_FIXTURE(balanced, "awaiting a race a second time throws std::logic_error") {
    auto work = []() -> task<int> {
        auto race = when_any(value(1), value(2));
        static_cast<void>(co_await race);
        CHECK_THROWS_AS(static_cast<void>(co_await race), std::logic_error);
        co_return 1;
    };
    in_every_place([&](test::place& place) { CHECK(place.run(work()) == 1); });
}

TEST_CASE("when_any of no tasks, or of an empty one, throws before any has begun") {
    in_every_place([](test::place& place) {
        bool began = false;
        auto task_that_begins = [&]() -> task<void> {
            began = true;
            co_return;
        };
        auto of_none = []() -> task<void> { co_await when_any(std::vector<task<void>>()); };
        auto of_empty = [&]() -> task<void> {
            co_await when_any(task_that_begins(), task<void>());
        };
        CHECK_THROWS_AS(place.run(of_none()), std::invalid_argument);
        CHECK_THROWS_AS(place.run(of_empty()), std::logic_error);
        CHECK_FALSE(began);
    });
}
