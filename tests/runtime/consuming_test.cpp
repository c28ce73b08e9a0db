// Goal: what is called once may consume what it captures, and what a job returns may be an
// exception or an outcome. Method: callables that can be called as rvalues only, on each operation
// that calls once; such results through each operation.

#include "places.hpp"

#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/this_task.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bobbin::outcome;
using bobbin::task;
using test::in_every_pool;

struct once {
    std::string text = "long enough to need memory of its own";
    std::string operator()(int number) && { return std::move(text) + std::to_string(number); }
};

struct empty_once {
    int operator()(int number) && { return number; }
};

// Fails until it has been called so often.
struct third_time {
    std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);
    std::string text = "long enough to need memory of its own";
    std::string operator()() && {
        const std::string own = std::move(text);
        if (++*calls < 3) throw std::runtime_error(own);
        return own;
    }
};
struct third_time_later {
    third_time inside;
    task<std::string> operator()() && {
        static_cast<void>(co_await bobbin::this_stop_token());
        co_return std::move(inside)();
    }
};

std::exception_ptr error_of(int number) {
    return number == 0 ? nullptr : std::make_exception_ptr(number);
}
outcome<int> outcome_of(int number) {
    if (number < 0) return outcome<int>::failure(error_of(number));
    return number;
}
constexpr bobbin::fn<&error_of> error;
constexpr bobbin::fn<&outcome_of> ended;

}  // namespace

TEST_CASE("a job may consume what it captures") {
    in_every_pool([](test::place& place) {
        auto& pool = place.pool();
        CHECK(pool.submit(once(), 1).get() == once().text + "1");
        CHECK(place.run(pool.run(once(), 2)) == once().text + "2");
        auto pointer = std::make_unique<int>(3);
        auto take = [pointer = std::move(pointer)]() mutable { return std::move(pointer); };
        CHECK(*pool.submit(std::move(take)).get() == 3);
        int calls = 0;
        auto count = [calls]() mutable { return ++calls; };
        CHECK(pool.submit(count).get() == 1);
    });
    bobbin::sequential_pool here;
    CHECK(here.submit(empty_once(), 1).get() == 1);
}

TEST_CASE("each try of a job that consumes what it captures has its own") {
    in_every_pool([](test::place& place) {
        const bobbin::job_options options = {.retries = 2};
        CHECK(place.pool().submit(options, third_time()).get() == third_time().text);
        CHECK(place.pool().submit(options, third_time_later()).get() == third_time().text);
        auto pointer = std::make_unique<int>(3);
        auto take = [pointer = std::move(pointer)]() mutable { return std::move(pointer); };
        CHECK_THROWS_AS(static_cast<void>(place.pool().submit(options, std::move(take))),
                        std::invalid_argument);
    });
}

TEST_CASE("a callback, and the body of a scope, may consume what they capture") {
    in_every_pool([](test::place& place) {
        std::atomic<int> told = 0;
        auto job = place.pool().submit([] { return 1; });
        auto value = std::make_unique<int>(2);
        job.on_done([&told, value = std::move(value)](const bobbin::job<int>& one) mutable {
            auto own = std::move(value);
            told = one.get() + *own;
        });
        while (told == 0) std::this_thread::yield();
        CHECK(told == 3);

        struct body {
            std::unique_ptr<int> held = std::make_unique<int>(4);
            task<int> operator()(bobbin::nursery& /*children*/) && {
                auto own = std::move(held);
                co_return *own;
            }
        };
        CHECK(place.run(bobbin::scope(body())) == 4);
    });
}

TEST_CASE("a result may be an exception or an outcome") {
    in_every_pool([](test::place& place) {
        auto& pool = place.pool();
        const std::vector<int> inputs = {-1, 0, 1};
        const bobbin::job_options options = {.retries = 1};

        CHECK(pool.submit(error, 0).get() == nullptr);
        CHECK_THROWS_AS(std::rethrow_exception(pool.submit(options, error, 1).get()), int);
        CHECK(place.run(pool.run(error, 1)) != nullptr);
        CHECK(place.run(pool.map(error, inputs))[0] != nullptr);
        auto each = place.run(pool.map_each(error, inputs));
        CHECK(each[2].has_value());
        CHECK_THROWS_AS(std::rethrow_exception(each[2].value()), int);

        CHECK(pool.submit(ended, 7).get().value() == 7);
        CHECK(!pool.submit(options, ended, -7).get().has_value());
        CHECK(place.run(pool.run(ended, 1)).value() == 1);
        auto outcomes = place.run(pool.map(ended, inputs));
        CHECK(!outcomes[0].has_value());
        CHECK(outcomes[2].value() == 1);
        auto both = place.run(pool.map_each(ended, inputs));
        CHECK(both[0].has_value());
        CHECK(!both[0].value().has_value());
    });
}
