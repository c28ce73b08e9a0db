// Goal: a group joins its children whatever they do: end at once, suspend on a timer, come back
// from another thread, throw before or after that. Method: all combinations of what three children
// may do, nested once, in every place; a model says what must come out.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <coroutine>
#include <doctest/doctest.h>
#include <utility>
#include <variant>
#include <vector>

namespace {

using bobbin::task;
using test::balanced;
using test::counted;

enum class deed { end, hop, sleep, post, fail, hop_and_fail };
constexpr std::array deeds = {deed::end,  deed::hop,  deed::sleep,
                              deed::post, deed::fail, deed::hop_and_fail};

constexpr bool fails(deed what) {
    return what == deed::fail || what == deed::hop_and_fail;
}

// Resumes its awaiter in a handler of Asio's.
class posted {
public:
    explicit posted(bobbin::thread_pool& on) noexcept : on_(on) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        boost::asio::post(on_.get_executor(), [waiting] { waiting.resume(); });
    }
    void await_resume() const noexcept {}

private:
    bobbin::thread_pool& on_;
};

struct setting {
    test::place& place;
    test::foreign_thread& elsewhere;
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    std::atomic<unsigned> failed{0};  // bit n: child n
};

// Counts in its destructor: also what a throwing child leaves counts as ended.
class ending {
public:
    explicit ending(setting& in) noexcept : in_(in) { in_.begun.fetch_add(1); }
    ending(const ending&) = delete;
    ending& operator=(const ending&) = delete;
    ~ending() { in_.ended.fetch_add(1); }

private:
    setting& in_;
};

task<counted> child(setting& in, deed what, int number) {
    const ending on_every_path(in);
    counted result(number);
    if (what == deed::hop || what == deed::hop_and_fail) co_await in.elsewhere;
    if (what == deed::sleep && in.place.has_pool()) {
        try {
            co_await bobbin::sleep_for(std::chrono::microseconds(50));
        } catch (const bobbin::cancelled&) {
            result.value = number;
        }
    }
    if (what == deed::post && in.place.has_pool()) co_await posted(in.place.pool());
    if (fails(what)) {
        in.failed.fetch_or(1U << static_cast<unsigned>(number));
        throw number;
    }
    co_return result;
}

template <class F>
void for_all_combinations(F test) {
    for (const deed first : deeds)
        for (const deed second : deeds)
            for (const deed third : deeds) test(std::array{first, second, third});
}

task<int> as_tuple(setting& in, std::array<deed, 3> what, int first = 1) {
    auto [a, b, c] = co_await bobbin::when_all(
        child(in, what[0], first), child(in, what[1], first + 1), child(in, what[2], first + 2));
    co_return a.value + b.value + c.value;
}

task<int> as_range(setting& in, std::array<deed, 3> what, int first = 1) {
    std::vector<task<counted>> children;
    for (const deed each : what) children.push_back(child(in, each, first++));
    int sum = 0;
    for (const counted& each : co_await bobbin::when_all(std::move(children))) sum += each.value;
    co_return sum;
}

// Each child of the outer group is a group itself.
task<int> nested(setting& in, std::array<deed, 3> what) {
    auto [a, b] = co_await bobbin::when_all(as_tuple(in, what, 1), as_range(in, what, 4));
    co_return a + b;
}

// What `work` returns, or the negative number that it throws.
task<int> outcome_of(task<int> work) {
    try {
        co_return co_await std::move(work);
    } catch (int number) {
        co_return -number;
    }
}

template <class Group>
void check_all_combinations(Group group, int sum) {
    test::in_every_place([&](test::place& place) {
        test::foreign_thread elsewhere;
        for_all_combinations([&](std::array<deed, 3> what) {
            CAPTURE(static_cast<int>(what[0]));
            CAPTURE(static_cast<int>(what[1]));
            CAPTURE(static_cast<int>(what[2]));
            setting in{place, elsewhere};
            int outcome = 0;
            int left = -1;
            auto work = [&]() -> task<void> {
                outcome = co_await outcome_of(group(in, what));
                left = in.begun - in.ended;
            };
            place.run(work());
            if (std::any_of(what.begin(), what.end(), fails))
                // Of those that failed, the first by position.
                CHECK(outcome == -std::countr_zero(in.failed.load()));
            else
                CHECK(outcome == sum);
            CHECK(left == 0);
            CHECK(counted::alive() == 0);
        });
    });
}

}  // namespace

TEST_CASE_FIXTURE(balanced, "when_all of a tuple joins children that end in any way and order") {
    check_all_combinations([](setting& in, auto what) { return as_tuple(in, what); }, 6);
}

TEST_CASE_FIXTURE(balanced, "when_all of a range joins children that end in any way and order") {
    check_all_combinations([](setting& in, auto what) { return as_range(in, what); }, 6);
}

TEST_CASE_FIXTURE(balanced, "nested groups join children that end in any way and order") {
    check_all_combinations(nested, 21);
}

TEST_CASE_FIXTURE(balanced, "when_any awaits its losers, whatever the children do") {
    test::in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        for_all_combinations([&](std::array<deed, 3> what) {
            setting in{place, elsewhere};
            auto race = [&]() -> task<int> {
                const auto first = co_await bobbin::when_any(
                    child(in, what[0], 0), child(in, what[1], 1), child(in, what[2], 2));
                const auto value_in = [](const counted& held) { return held.value; };
                CHECK(std::visit(value_in, first.value) == static_cast<int>(first.index));
                co_return static_cast<int>(first.index) + 10;
            };
            int outcome = -1;
            int left = -1;
            auto work = [&]() -> task<void> {
                outcome = co_await outcome_of(race());
                left = in.begun - in.ended;
            };
            place.run(work());
            const bool failed = outcome <= 0;
            const auto index = static_cast<std::size_t>(failed ? -outcome : outcome - 10);
            CHECK(fails(what.at(index)) == failed);
            CHECK(left == 0);
            CHECK(counted::alive() == 0);
        });
    });
}

TEST_CASE_FIXTURE(balanced, "a scope joins children that end in any way and order") {
    test::in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        for_all_combinations([&](std::array<deed, 3> what) {
            setting in{place, elsewhere};
            auto dropped = [&](deed its, int number) -> task<void> {
                co_await child(in, its, number);
            };
            auto body = [&](bobbin::nursery& children) -> task<int> {
                int number = 1;
                for (const deed each : what) children.spawn(dropped(each, number++));
                co_return 6;
            };
            int outcome = 0;
            int left = -1;
            auto work = [&]() -> task<void> {
                outcome = co_await outcome_of(bobbin::scope(body));
                left = in.begun - in.ended;
            };
            place.run(work());
            if (std::any_of(what.begin(), what.end(), fails))
                CHECK((outcome < 0 && (in.failed >> static_cast<unsigned>(-outcome) & 1U) == 1));
            else
                CHECK(outcome == 6);
            CHECK(left == 0);
            CHECK(counted::alive() == 0);
        });
    });
}
