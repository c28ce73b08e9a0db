// Goal: a task begins when awaited, ends once, and hands over exactly what it returned or threw.
// Method: values that count their lives, in every place that runs tasks.

#include "counted.hpp"
#include "places.hpp"

#include <bobbin/runtime/task.hpp>

#include <doctest/doctest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using bobbin::task;
using test::balanced;
using test::counted;
using test::in_every_place;

static_assert(std::is_nothrow_move_constructible_v<task<int>>);
static_assert(std::is_nothrow_move_assignable_v<task<int>>);
static_assert(!std::is_copy_constructible_v<task<int>>);
static_assert(!std::is_copy_assignable_v<task<int>>);
static_assert(sizeof(task<std::string>) == sizeof(void*));

task<int> number(int value) {
    co_return value;
}

task<int> sum_of_number(int value) {
    co_return co_await number(value) + co_await number(value);
}

task<void> mark(bool& began) {
    began = true;
    co_return;
}

// Suspends nowhere, holds a value in its frame.
task<int> value_of(counted held) {
    co_return held.value;
}

struct unwilling_to_end {
    ~unwilling_to_end() noexcept(false) { throw 1; }
};

template <class E>
task<int> fail(E error, counted held) {
    if (held.value != counted::moved_from) throw error;
    co_return 0;
}

}  // namespace

TEST_CASE("a task does not start until it is awaited") {
    in_every_place([](test::place& place) {
        bool began = false;
        auto work = [&]() -> task<bool> {
            auto lazy = mark(began);
            const bool too_early = began;
            co_await std::move(lazy);
            co_return too_early;
        };
        CHECK_FALSE(place.run(work()));
        CHECK(began);
    });
}

TEST_CASE_FIXTURE(balanced,
                  "a task that is never awaited does not run and destroys its arguments") {
    bool began = false;
    {
        auto held = [&](counted) -> task<void> {
            began = true;
            co_return;
        };
        const auto never = held(counted(1));
        CHECK(counted::alive() == 1);
    }
    CHECK(counted::alive() == 0);
    CHECK_FALSE(began);
}

TEST_CASE("a task returns a value") {
    in_every_place([](test::place& place) {
        CHECK(place.run(number(21)) == 21);
        CHECK(place.run(sum_of_number(21)) == 42);
    });
}

TEST_CASE("a task returns a reference to the very object") {
    in_every_place([](test::place& place) {
        int object = 1;
        auto inner = [&]() -> task<int&> { co_return object; };
        auto outer = [&]() -> task<const int&> { co_return co_await inner(); };
        CHECK(&place.run(outer()) == &object);
    });
}

TEST_CASE("a task returns what can only be moved") {
    in_every_place([](test::place& place) {
        auto inner = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
        auto outer = [&]() -> task<std::unique_ptr<int>> {
            auto pointer = co_await inner();
            ++*pointer;
            co_return pointer;
        };
        CHECK(*place.run(outer()) == 8);
    });
}

TEST_CASE("a task returns what has no default constructor and converts from what is returned") {
    class made_of_int {
    public:
        made_of_int(int from) noexcept : value(from) {}  // NOLINT(google-explicit-constructor)
        int value;
    };
    auto converting = []() -> task<made_of_int> { co_return 5; };
    auto text = []() -> task<std::string> { co_return "text"; };
    auto braces = []() -> task<std::vector<int>> { co_return {1, 2, 3}; };
    auto nothing = []() -> task<std::optional<int>> { co_return std::nullopt; };
    CHECK(bobbin::sync_wait(converting()).value == 5);
    CHECK(bobbin::sync_wait(text()) == "text");
    CHECK(bobbin::sync_wait(braces()) == std::vector{1, 2, 3});
    CHECK_FALSE(bobbin::sync_wait(nothing()).has_value());
}

TEST_CASE_FIXTURE(balanced, "a result is moved and never copied, through any number of tasks") {
    in_every_place([](test::place& place) {
        auto inner = []() -> task<counted> { co_return counted(9); };
        auto middle = [&]() -> task<counted> { co_return co_await inner(); };
        auto outer = [&]() -> task<counted> {
            counted named = co_await middle();
            co_return named;
        };
        CHECK(place.run(outer()).value == 9);
        CHECK(counted::copies() == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE_FIXTURE(balanced, "a result that nobody looks at is destroyed") {
    auto ignoring = []() -> task<void> {
        auto inner = []() -> task<counted> { co_return counted(1); };
        co_await inner();
        CHECK(counted::alive() == 0);
    };
    bobbin::sync_wait(ignoring());
}

TEST_CASE_FIXTURE(balanced,
                  "an exception leaves through the co_await, after the arguments are gone") {
    in_every_place([](test::place& place) {
        auto catching = []() -> task<std::string> {
            try {
                co_await fail(std::runtime_error("lost"), counted(1));
            } catch (const std::runtime_error& error) {
                co_return error.what();
            }
            co_return "nothing was thrown";
        };
        CHECK(place.run(catching()) == "lost");
        CHECK_THROWS_WITH_AS(place.run(fail(std::logic_error("out"), counted(1))), "out",
                             std::logic_error);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE_FIXTURE(balanced, "an exception that is not a std::exception passes through tasks") {
    in_every_place([](test::place& place) {
        auto passing = []() -> task<int> { co_return co_await fail(42, counted(1)); };
        int caught = 0;
        try {
            place.run(passing());
        } catch (int error) {
            caught = error;
        }
        CHECK(caught == 42);
    });
}

TEST_CASE("a task goes on after it has caught an exception") {
    in_every_place([](test::place& place) {
        auto stubborn = []() -> task<int> {
            int caught = 0;
            for (int i = 0; i < 100; ++i) {
                try {
                    co_await fail(i, counted(1));
                } catch (int error) {
                    caught += error == i ? 1 : 0;
                }
            }
            co_return caught + co_await number(1);
        };
        CHECK(place.run(stubborn()) == 101);
    });
}

TEST_CASE_FIXTURE(balanced,
                  "an argument that throws as it is copied into the frame is the caller's") {
    class unwilling {
    public:
        unwilling() = default;
        unwilling(const unwilling& other) : unwilling() {
            if (other.held.value == 0) throw std::runtime_error("not copied");
        }
        unwilling& operator=(const unwilling&) = delete;
        counted held;
    };
    auto work = [](counted, unwilling) -> task<void> { co_return; };
    auto calling = [&]() -> task<void> {
        const unwilling original;
        CHECK_THROWS_WITH_AS(static_cast<void>(work(counted(1), original)), "not copied",
                             std::runtime_error);
        co_return;
    };
    bobbin::sync_wait(calling());
}

TEST_CASE_FIXTURE(balanced, "a result that throws as it is returned is the task's exception") {
    class unwilling {
    public:
        unwilling() = default;
        unwilling(unwilling&& /*other*/) { throw std::runtime_error("not moved"); }  // NOLINT
        unwilling& operator=(unwilling&&) = delete;
        counted held;
    };
    auto inner = []() -> task<unwilling> { co_return unwilling(); };
    auto outer = [&]() -> task<void> { co_await inner(); };
    CHECK_THROWS_WITH_AS(bobbin::sync_wait(outer()), "not moved", std::runtime_error);
}

TEST_CASE_FIXTURE(balanced, "a destructor that throws after co_return leaves no value behind") {
    auto thrown = []() -> task<counted> {
        const unwilling_to_end local;
        co_return counted(1);
    };
    auto caught = []() -> task<counted> {
        try {
            const unwilling_to_end local;
            co_return counted(1);
        } catch (int) {
        }
        co_return counted(2);
    };
    in_every_place([&](test::place& place) {
        CHECK_THROWS_AS(place.run(thrown()), int);
        CHECK(place.run(caught()).value == 2);
    });
}

TEST_CASE_FIXTURE(balanced, "arguments of every kind are constructed and destroyed once") {
    in_every_place([](test::place& place) {
        auto both = [](counted by_value, const counted& by_reference) -> task<int> {
            co_return by_value.value * 10 + by_reference.value;
        };
        auto outer = [&]() -> task<int> {
            const counted kept(2);
            counted copied(1);
            const int of_temporaries = co_await both(counted(3), counted(4));
            const int of_names = co_await both(copied, kept);
            const int of_moved = co_await both(std::move(copied), kept);
            co_return of_temporaries * 10'000 + of_names * 100 + of_moved;
        };
        counted::forget_copies();
        CHECK(place.run(outer()) == 341'212);
        CHECK(counted::copies() == 1);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("awaiting a task that was moved from or never made throws std::logic_error") {
    in_every_place([](test::place& place) {
        auto awaiting = [](task<int> work) -> task<int> { co_return co_await std::move(work); };
        auto full = number(1);
        CHECK(static_cast<bool>(full));
        auto moved_to = std::move(full);
        CHECK_FALSE(static_cast<bool>(full));  // NOLINT(bugprone-use-after-move)
        CHECK_THROWS_AS(place.run(awaiting({})), std::logic_error);
        CHECK_THROWS_AS(place.run(awaiting(std::move(full))), std::logic_error);
        CHECK_THROWS_AS(place.run(task<int>()), std::logic_error);
        CHECK(place.run(std::move(moved_to)) == 1);
    });
}

TEST_CASE("awaiting a task a second time throws std::logic_error") {
    in_every_place([](test::place& place) {
        auto twice = []() -> task<int> {
            auto once = number(7);
            const int first = co_await std::move(once);
            CHECK(first == 7);
            co_return co_await std::move(once);  // NOLINT(bugprone-use-after-move)
        };
        CHECK_THROWS_AS(place.run(twice()), std::logic_error);
    });
}

TEST_CASE_FIXTURE(balanced, "a task that is assigned to is destroyed first") {
    auto held = value_of(counted(1));
    held = value_of(counted(2));
    CHECK(counted::alive() == 1);
    auto other = value_of(counted(3));
    held.swap(other);
    CHECK(bobbin::sync_wait(std::move(held)) == 3);
    CHECK(bobbin::sync_wait(std::move(other)) == 2);
    held = {};
    other = {};
    CHECK(counted::alive() == 0);
}

TEST_CASE("a task may be made in one place and awaited in another") {
    in_every_place([](test::place& place) {
        auto work = value_of(counted(6));
        auto awaiting = [](task<int> given) -> task<int> { co_return co_await std::move(given); };
        CHECK(place.run(awaiting(std::move(work))) == 6);
    });
}
