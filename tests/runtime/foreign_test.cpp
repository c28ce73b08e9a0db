// Goal: what another library offers to co_await works in a task, and the task comes back to its
// pool. Method: awaitables of every shape that the language allows, resumed at once, later, and
// from another thread. Where a task goes on is in foreign_place_test.cpp.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/here.hpp>
#include <bobbin/runtime/task.hpp>

#include <coroutine>
#include <doctest/doctest.h>
#include <exception>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace {

using bobbin::task;
using test::balanced;
using test::counted;
using test::in_every_place;

// Does the same as `suspend` says, and yields what it was given.
template <class T, class Suspend>
class awaiter {
public:
    awaiter(T result, Suspend suspend) : result_(std::forward<T>(result)), suspend_(suspend) {}
    bool await_ready() const noexcept { return false; }
    auto await_suspend(std::coroutine_handle<> waiting) { return suspend_(waiting); }
    T await_resume() { return std::forward<T>(result_); }

private:
    T result_;
    Suspend suspend_;
};

template <class Suspend>
task<int> await_twice(Suspend suspend) {
    awaiter<int, Suspend> named(1, suspend);
    const int first = co_await named;
    const int second = co_await awaiter<int, Suspend>(2, suspend);
    co_return first * 10 + second;
}

class ready {
public:
    explicit ready(int result) noexcept : held_(result) {}
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept { std::terminate(); }
    int await_resume() const noexcept { return held_.value; }

private:
    counted held_;
};

class member_operator {
public:
    ready operator co_await() & { return ready(1); }
    ready operator co_await() && { return ready(2); }
    ready operator co_await() const& { return ready(3); }
};

class free_operator {};
ready operator co_await(free_operator&) {
    return ready(4);
}
ready operator co_await(free_operator&&) {
    return ready(5);
}

class immovable : public ready {
public:
    immovable() noexcept : ready(6) {}
    immovable(const immovable&) = delete;
    immovable& operator=(const immovable&) = delete;
    ~immovable() = default;
};

enum class throwing { in_operator, in_ready, in_suspend, in_resume };

class unwilling_awaiter {
public:
    explicit unwilling_awaiter(throwing where) noexcept : where_(where) {}
    bool await_ready() const {
        if (where_ == throwing::in_ready) throw std::runtime_error("ready");
        return false;
    }
    bool await_suspend(std::coroutine_handle<>) const {
        if (where_ == throwing::in_suspend) throw std::runtime_error("suspend");
        return false;
    }
    void await_resume() const {
        if (where_ == throwing::in_resume) throw std::runtime_error("resume");
    }

private:
    throwing where_;
    counted held_;
};

class unwilling {
public:
    explicit unwilling(throwing where) noexcept : where_(where) {}
    unwilling_awaiter operator co_await() const {
        if (where_ == throwing::in_operator) throw std::runtime_error("operator");
        return unwilling_awaiter(where_);
    }

private:
    throwing where_;
};

// A coroutine type of another library's: lazy, and symmetric in its transfers.
class foreign_task {
public:
    struct promise_type {
        foreign_task get_return_object() noexcept {
            return foreign_task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        auto final_suspend() const noexcept {
            struct last {
                last() noexcept {}
                bool await_ready() const noexcept { return false; }
                std::coroutine_handle<> await_suspend(
                    std::coroutine_handle<promise_type> ended) const noexcept {
                    return ended.promise().continuation;
                }
                void await_resume() const noexcept {}
            };
            return last();
        }
        void return_value(int returned) noexcept { value = returned; }
        void unhandled_exception() noexcept { error = std::current_exception(); }

        int value = 0;
        std::exception_ptr error;
        std::coroutine_handle<> continuation;
    };

    explicit foreign_task(std::coroutine_handle<promise_type> own) noexcept : own_(own) {}
    foreign_task(foreign_task&& other) noexcept : own_(std::exchange(other.own_, nullptr)) {}
    foreign_task& operator=(foreign_task&&) = delete;
    ~foreign_task() {
        if (own_) own_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
        own_.promise().continuation = waiting;
        return own_;
    }
    int await_resume() {
        if (own_.promise().error) std::rethrow_exception(own_.promise().error);
        return own_.promise().value;
    }

private:
    std::coroutine_handle<promise_type> own_;
};

foreign_task foreign_number(int value) {
    co_return value;
}
foreign_task foreign_after(test::foreign_thread& elsewhere, int value) {
    co_await elsewhere;
    co_return value;
}
foreign_task foreign_failure(test::foreign_thread& elsewhere) {
    co_await elsewhere;
    throw 42;
    co_return 0;
}

}  // namespace

TEST_CASE("an await_suspend that returns void may resume at once, later or elsewhere") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        CHECK(place.run(await_twice([](std::coroutine_handle<> waiting) { waiting.resume(); })) ==
              12);
        CHECK(place.run(await_twice([&](std::coroutine_handle<> waiting) {
            test::foreign_thread::hop(elsewhere).await_suspend(waiting);
        })) == 12);
    });
}

TEST_CASE("an await_suspend that returns bool may decline, resume at once, or elsewhere") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        CHECK(place.run(await_twice([](std::coroutine_handle<>) { return false; })) == 12);
        CHECK(place.run(await_twice([](std::coroutine_handle<> waiting) {
            waiting.resume();
            return true;
        })) == 12);
        CHECK(place.run(await_twice([&](std::coroutine_handle<> waiting) {
            test::foreign_thread::hop(elsewhere).await_suspend(waiting);
            return true;
        })) == 12);
    });
}

TEST_CASE("an await_suspend that returns a handle may return the awaiter's, or that of nothing") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        CHECK(place.run(await_twice([](std::coroutine_handle<> waiting) { return waiting; })) ==
              12);
        CHECK(
            place.run(await_twice([&](std::coroutine_handle<> waiting) -> std::coroutine_handle<> {
                test::foreign_thread::hop(elsewhere).await_suspend(waiting);
                return std::noop_coroutine();
            })) == 12);
    });
}

TEST_CASE_FIXTURE(balanced, "an awaitable that is ready does not suspend, named or temporary") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<int> {
            ready named(1);
            const ready constant(2);
            const int sum = co_await named + co_await constant + co_await ready(3);
            co_return sum + co_await std::move(named);
        };
        CHECK(place.run(work()) == 7);
    });
}

TEST_CASE_FIXTURE(balanced,
                  "operator co_await is found as a member, by value category, and as a function") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<int> {
            member_operator member;
            const member_operator constant;
            free_operator function;
            const int of_members =
                co_await member * 100 + co_await member_operator() * 10 + co_await constant;
            const int of_functions = co_await function * 10 + co_await free_operator();
            co_return of_members * 100 + of_functions;
        };
        CHECK(place.run(work()) == 12'345);
    });
}

TEST_CASE_FIXTURE(balanced, "an awaitable that cannot be moved stays where it is") {
    in_every_place([](test::place& place) {
        auto work = []() -> task<int> {
            immovable named;
            co_return co_await named * 10 + co_await immovable();
        };
        CHECK(place.run(work()) == 66);
    });
}

TEST_CASE_FIXTURE(balanced, "results are passed on as what they are") {
    in_every_place([](test::place& place) {
        auto at_once = [](std::coroutine_handle<> waiting) { waiting.resume(); };
        auto work = [&]() -> task<bool> {
            int object = 0;
            awaiter<int&, decltype(at_once)> reference(object, at_once);
            static_assert(std::is_same_v<decltype(place.run(std::declval<task<int&>>())), int&>);
            int& same = co_await reference;
            awaiter<std::unique_ptr<int>, decltype(at_once)> pointer(std::make_unique<int>(3),
                                                                     at_once);
            const std::unique_ptr<int> three = co_await pointer;
            awaiter<counted, decltype(at_once)> value(counted(4), at_once);
            const counted four = co_await value;
            co_return &same == &object&&* three == 3 && four.value == 4;
        };
        CHECK(place.run(work()));
        CHECK(counted::copies() == 0);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("a result that is an rvalue reference is moved from") {
    auto at_once = [](std::coroutine_handle<> waiting) { waiting.resume(); };
    auto work = [&]() -> task<int> {
        auto held = std::make_unique<int>(5);
        awaiter<std::unique_ptr<int>&&, decltype(at_once)> reference(std::move(held), at_once);
        const std::unique_ptr<int> moved = co_await reference;
        co_return held == nullptr ? *moved : 0;
    };
    CHECK(bobbin::sync_wait(work()) == 5);
}

TEST_CASE_FIXTURE(balanced, "an awaitable may throw wherever it is called") {
    in_every_place([](test::place& place) {
        auto work = [](throwing where) -> task<void> { co_await unwilling(where); };
        CHECK_THROWS_WITH_AS(place.run(work(throwing::in_operator)), "operator",
                             std::runtime_error);
        CHECK_THROWS_WITH_AS(place.run(work(throwing::in_ready)), "ready", std::runtime_error);
        CHECK_THROWS_WITH_AS(place.run(work(throwing::in_suspend)), "suspend", std::runtime_error);
        CHECK_THROWS_WITH_AS(place.run(work(throwing::in_resume)), "resume", std::runtime_error);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("a coroutine of another library is awaited, and its errors arrive") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        auto work = [&]() -> task<int> {
            int sum = 0;
            for (int i = 0; i < 100; ++i)
                sum += co_await foreign_number(i) + co_await foreign_after(elsewhere, i);
            try {
                sum += co_await foreign_failure(elsewhere);
            } catch (int error) {
                sum += error;
            }
            co_return sum;
        };
        CHECK(place.run(work()) == 9'942);
    });
}

TEST_CASE_FIXTURE(balanced, "here takes every kind of awaitable too") {
    in_every_place([](test::place& place) {
        test::foreign_thread elsewhere;
        auto work = [&]() -> task<int> {
            member_operator named;
            immovable fixed;
            const int sum = co_await bobbin::here(named) +
                            co_await bobbin::here(member_operator()) +
                            co_await bobbin::here(ready(3)) + co_await bobbin::here(fixed);
            co_await bobbin::here(elsewhere);
            co_return sum + co_await bobbin::here(foreign_number(7));
        };
        CHECK(place.run(work()) == 19);
    });
}
