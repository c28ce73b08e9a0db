// Goal: `co_await` means the same in every everyday expression, on compilers that miscompile some.
// Method: one expression a test, with values that notice a second destruction.

#include "counted.hpp"

#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <doctest/doctest.h>
#include <string>
#include <utility>
#include <vector>

namespace {

using bobbin::task;
using test::balanced;
using test::counted;

task<counted> make(int value) {
    co_return counted(value);
}
task<int> value_in(counted of) {
    co_return of.value;
}
task<bool> is_less(int left, int right) {
    co_return left < right;
}
task<std::string> text_of(std::string text) {
    co_return text + text;
}

template <class... Tasks>
task<int> sum(Tasks... tasks) {
    co_return (co_await value_in(co_await std::move(tasks)) + ...);
}

}  // namespace

TEST_CASE_FIXTURE(balanced, "co_await as the argument of another co_await") {
    auto work = []() -> task<int> { co_return co_await value_in(co_await make(3)); };
    CHECK(bobbin::sync_wait(work()) == 3);
}

TEST_CASE_FIXTURE(balanced, "two co_awaits among the arguments of one call") {
    auto work = []() -> task<int> {
        auto sum = [](const counted& a, const counted& b) { return a.value + b.value; };
        co_return sum(co_await make(3), co_await make(4));
    };
    CHECK(bobbin::sync_wait(work()) == 7);
}

TEST_CASE_FIXTURE(balanced, "co_await in the condition of if, while and for") {
    auto work = []() -> task<int> {
        int turns = 0;
        while (co_await is_less(turns, 5)) ++turns;
        for (int i = 0; co_await is_less(i, 5); ++i) ++turns;
        if (const counted held = co_await make(1); co_await is_less(0, held.value)) ++turns;
        switch (co_await value_in(counted(2))) {
            case 2:
                ++turns;
                break;
            default:
                break;
        }
        co_return turns;
    };
    CHECK(bobbin::sync_wait(work()) == 12);
}

TEST_CASE_FIXTURE(balanced, "co_await of the range of a for loop") {
    auto list = []() -> task<std::vector<counted>> {
        std::vector<counted> values;
        for (int i = 1; i <= 3; ++i) values.emplace_back(i);
        co_return values;
    };
    auto work = [&]() -> task<int> {
        int sum = 0;
        for (const counted& each : co_await list()) sum += co_await value_in(each);
        co_return sum;
    };
    CHECK(bobbin::sync_wait(work()) == 6);
}

TEST_CASE_FIXTURE(balanced, "co_await on both sides of && and ||") {
    auto work = []() -> task<bool> {
        co_return co_await is_less(1, 2) && (co_await is_less(2, 1) || co_await is_less(3, 4));
    };
    CHECK(bobbin::sync_wait(work()));
}

TEST_CASE_FIXTURE(balanced, "co_await of a task whose argument is a temporary string") {
    auto work = []() -> task<std::string> {
        const std::string tail = " and a tail that is too long to be stored inside the object";
        co_return co_await text_of("text" + tail) + co_await text_of(tail);
    };
    CHECK(bobbin::sync_wait(work()).substr(0, 8) == "text and");
}

TEST_CASE_FIXTURE(balanced, "structured bindings of what when_all returns") {
    auto work = []() -> task<int> {
        auto [a, b, c] = co_await bobbin::when_all(make(1), make(2), value_in(counted(3)));
        co_return a.value + b.value + c;
    };
    CHECK(bobbin::sync_wait(work()) == 6);
}

TEST_CASE_FIXTURE(balanced, "a lambda whose captures have destructors, named and moved in") {
    auto work = []() -> task<int> {
        const std::vector<counted> shared(3, counted(2));
        auto body = [shared, held = counted(4)](bobbin::nursery& children) -> task<int> {
            auto child = [](counted of) -> task<void> {
                CHECK(of.value == 2);
                co_return;
            };
            for (const counted& each : shared) children.spawn(child(each));
            co_return held.value;
        };
        co_return co_await bobbin::scope(std::move(body));
    };
    CHECK(bobbin::sync_wait(work()) == 4);
}

TEST_CASE_FIXTURE(balanced, "a group of tasks that is named before it is awaited") {
    auto work = []() -> task<int> {
        auto group = bobbin::when_all(make(1), make(2));
        auto [a, b] = co_await group;
        co_return a.value + b.value;
    };
    CHECK(bobbin::sync_wait(work()) == 3);
}

TEST_CASE_FIXTURE(balanced, "a pack of tasks") {
    auto work = []() -> task<int> { co_return co_await sum(make(1), make(2), make(3)); };
    CHECK(bobbin::sync_wait(work()) == 6);
}
