// Goal: when_all runs all its tasks once, waits for all, and gives back results in order or the
// right error. Method: values that count their lives, in every place. How children may end, and in
// which order, is in group_orders_test.cpp.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <array>
#include <atomic>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

using bobbin::task;
using bobbin::when_all;
using test::balanced;
using test::counted;
using test::in_every_place;

task<int> number(int value) {
    co_return value;
}
task<counted> value(int number) {
    co_return counted(number);
}
task<void> count_in(std::atomic<int>& counter) {
    counter.fetch_add(1);
    co_return;
}
template <class E>
task<void> fail(E error) {
    throw error;
    co_return;
}
task<void> set(bool& began) {
    began = true;
    co_return;
}

template <class T>
std::vector<task<T>> list() {
    return {};
}
template <class T, class... Ts>
std::vector<task<T>> list(task<T> first, Ts... rest) {
    std::vector<task<T>> all;
    all.push_back(std::move(first));
    (all.push_back(std::move(rest)), ...);
    return all;
}

}  // namespace

TEST_CASE_FIXTURE(balanced, "when_all of several types returns a tuple in the order of the tasks") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<std::string> {
            auto text = []() -> task<std::string> { co_return "text"; };
            auto pointer = []() -> task<std::unique_ptr<int>> {
                co_return std::make_unique<int>(2);
            };
            auto [a, b, c, d] = co_await when_all(number(1), pointer(), text(), value(3));
            co_return std::to_string(a) + std::to_string(*b) + c + std::to_string(d.value);
        };
        CHECK(place.run(work()) == "12text3");
        CHECK(counted::copies() == 0);
    });
}

TEST_CASE("when_all turns void into monostate in a tuple and keeps references") {
    in_every_place([](test::place& place) {
        int object = 0;
        bool began = false;
        auto reference = [&]() -> task<int&> { co_return object; };
        auto work = [&]() -> task<bool> {
            auto results = co_await when_all(set(began), reference());
            static_assert(std::is_same_v<decltype(results), std::tuple<std::monostate, int&>>);
            co_return &std::get<1>(results) == &object;
        };
        CHECK(place.run(work()));
        CHECK(began);
    });
}

TEST_CASE_FIXTURE(balanced, "when_all of a vector returns a vector in the order of the tasks") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<bool> {
            std::vector<task<counted>> tasks;
            for (int i = 0; i < 1000; ++i) tasks.push_back(value(i));
            const std::vector<counted> results = co_await when_all(std::move(tasks));
            bool in_order = results.size() == 1000;
            for (int i = 0; i < 1000; ++i)
                in_order = in_order && results[static_cast<std::size_t>(i)].value == i;
            co_return in_order;
        };
        CHECK(place.run(work()));
        CHECK(counted::copies() == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("when_all of an array returns an array in the order of the tasks") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<std::array<int, 3>> {
            std::array tasks = {number(1), number(2), number(3)};
            co_return co_await when_all(std::move(tasks));
        };
        CHECK(place.run(work()) == std::array{1, 2, 3});
    });
}

TEST_CASE("when_all of references in a range returns reference wrappers") {
    in_every_place([](test::place& place) {
        int object = 0;
        auto reference = [&]() -> task<int&> { co_return object; };
        auto work = [&]() -> task<bool> {
            const auto of_vector = co_await when_all(list(reference(), reference()));
            static_assert(std::is_same_v<decltype(of_vector),
                                         const std::vector<std::reference_wrapper<int>>>);
            std::array two = {reference(), reference()};
            const auto of_array = co_await when_all(std::move(two));
            co_return &of_vector.at(1).get() == &object&&& of_array.at(1).get() == &object;
        };
        CHECK(place.run(work()));
    });
}

TEST_CASE("when_all of void tasks in a range runs each once and returns nothing") {
    in_every_place([](test::place& place) {
        std::atomic<int> ran = 0;
        auto work = [&]() -> task<void> {
            std::vector<task<void>> tasks;
            for (int i = 0; i < 500; ++i) tasks.push_back(count_in(ran));
            static_assert(
                std::is_void_v<decltype(when_all(list<void>()).await_native().await_resume())>);
            co_await when_all(std::move(tasks));
            std::array<task<void>, 2> two = {count_in(ran), count_in(ran)};
            co_await when_all(std::move(two));
        };
        place.run(work());
        CHECK(ran == 502);
    });
}

TEST_CASE("when_all of nothing is done at once") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<std::size_t> {
            const std::vector<int> none = co_await when_all(list<int>());
            co_await when_all(list<void>());
            static_cast<void>(co_await when_all(std::array<task<int>, 0>()));
            const std::tuple<> nothing = co_await when_all();
            static_cast<void>(nothing);
            co_return none.size();
        };
        CHECK(place.run(work()) == 0);
    });
}

TEST_CASE("when_all of one task is that task") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<int> {
            const auto [one] = co_await when_all(number(1));
            const auto two = co_await when_all(list(number(2)));
            co_return one + two.at(0);
        };
        CHECK(place.run(work()) == 3);
        auto failing = []() -> task<void> { co_await when_all(fail(42)); };
        CHECK_THROWS_AS(place.run(failing()), int);
    });
}

TEST_CASE("when_all throws the error of the first task by position, whoever fails first") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        test::gate second_failed;
        auto late = [&]() -> task<void> {
            co_await second_failed;
            throw std::runtime_error("first");
        };
        auto early = [&]() -> task<void> {
            co_await elsewhere;
            second_failed.open();
            throw std::runtime_error("second");
        };
        auto work = [&]() -> task<void> { co_await when_all(late(), early()); };
        CHECK_THROWS_WITH_AS(place.run(work()), "first", std::runtime_error);
    });
}

TEST_CASE("when_all prefers an error to a cancellation, which may only follow from it") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<void> { co_await when_all(test::until_stopped(), fail(42)); };
        CHECK_THROWS_AS(place.run(work()), int);
        auto listed = []() -> task<void> {
            co_await when_all(list<void>(test::until_stopped(), test::until_stopped(), fail(42)));
        };
        CHECK_THROWS_AS(place.run(listed()), int);
    });
}

TEST_CASE("when_all throws cancelled if a task ended so and none failed") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<void> {
            co_await when_all(test::until_stopped(), fail(bobbin::cancelled()), number(1));
        };
        CHECK_THROWS_AS(place.run(work()), bobbin::cancelled);
    });
}

TEST_CASE_FIXTURE(balanced, "when_all drops the values of those that succeeded beside an error") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<void> {
            co_await when_all(value(1), value(2), fail(std::string("text")), value(3));
        };
        CHECK_THROWS_AS(place.run(work()), std::string);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE_FIXTURE(balanced, "tasks that have not begun when a sibling fails never begin") {
    // Without other threads the order is known: one after the other.
    for (const unsigned threads : {0U, 1U}) {
        CAPTURE(threads);
        test::place place(threads);
        bool earlier = false;
        bool later = false;
        auto hold = [](bool& began, counted) -> task<void> {
            began = true;
            co_return;
        };
        auto work = [&]() -> task<void> {
            co_await when_all(hold(earlier, counted(1)), fail(42), hold(later, counted(2)),
                              hold(later, counted(3)));
        };
        CHECK_THROWS_AS(place.run(work()), int);
        CHECK(earlier);
        CHECK_FALSE(later);
        CHECK(counted::alive() == 0);
    }
}

TEST_CASE("siblings of a task that failed are awaited before the error is thrown") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        std::atomic<int> begun = 0;
        std::atomic<int> ended = 0;
        auto slow = [&]() -> task<void> {
            begun.fetch_add(1);
            for (int i = 0; i < 20; ++i) co_await elsewhere;
            ended.fetch_add(1);
        };
        auto work = [&]() -> task<int> {
            try {
                co_await when_all(slow(), slow(), fail(42), test::until_stopped());
            } catch (int) {
                co_return begun - ended;
            }
            co_return -1;
        };
        CHECK(place.run(work()) == 0);
        CHECK(begun >= 1);
    });
}

TEST_CASE("an error passes through nested groups and stops them all") {
    in_every_place([](test::place& place) {
        auto inner = []() -> task<void> {
            co_await when_all(test::until_stopped(), test::until_stopped());
        };
        auto work = [&]() -> task<void> {
            auto failing = []() -> task<void> {
                co_await when_all(fail(42), test::until_stopped());
            };
            co_await when_all(inner(), inner(), failing());
        };
        CHECK_THROWS_AS(place.run(work()), int);
    });
}

TEST_CASE("children may hold references to what is local to their parent") {
    in_every_place([](test::place& place) {
        auto add = [](const std::vector<long>& from, std::size_t first, long& sum) -> task<void> {
            for (std::size_t i = first; i < from.size(); i += 4) sum += from[i];
            co_return;
        };
        auto work = [&]() -> task<long> {
            std::vector<long> numbers(1000);
            std::iota(numbers.begin(), numbers.end(), 0L);
            std::array<long, 4> sums{};
            co_await when_all(add(numbers, 0, sums[0]), add(numbers, 1, sums[1]),
                              add(numbers, 2, sums[2]), add(numbers, 3, sums[3]));
            co_return std::accumulate(sums.begin(), sums.end(), 0L);
        };
        CHECK(place.run(work()) == 499'500);
    });
}

TEST_CASE("awaiting a group a second time throws std::logic_error") {
    auto work = []() -> task<int> {
        auto pair = when_all(number(1), number(2));
        static_cast<void>(co_await pair);
        CHECK_THROWS_AS(static_cast<void>(co_await pair), std::logic_error);
        auto many = when_all(list(number(1), number(2), number(3)));
        static_cast<void>(co_await many);
        CHECK_THROWS_AS(static_cast<void>(co_await many), std::logic_error);
        co_return 1;
    };
    in_every_place([&](test::place& place) { CHECK(place.run(work()) == 1); });
}

TEST_CASE("when_all of an empty task throws before any has begun") {
    in_every_place([](test::place& place) {
        bool began = false;
        auto tuple = [&]() -> task<void> { co_await when_all(set(began), task<void>()); };
        auto range = [&]() -> task<void> { co_await when_all(list(set(began), task<void>())); };
        CHECK_THROWS_AS(place.run(tuple()), std::logic_error);
        CHECK_THROWS_AS(place.run(range()), std::logic_error);
        CHECK_FALSE(began);
    });
}

TEST_CASE_FIXTURE(balanced,
                  "a group that is never awaited destroys its tasks without running them") {
    auto work = [](counted, bool& began) -> task<void> {
        began = true;
        co_return;
    };
    bool began = false;
    {
        const auto never = when_all(work(counted(1), began), work(counted(2), began));
        CHECK(counted::alive() == 2);
    }
    CHECK_FALSE(began);
}
