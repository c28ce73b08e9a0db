// Goal: over-aligned values lie where their alignment says, whatever holds them: frames of tasks
// and jobs, results, ranges, callables. Method: values that look at their own address, of several
// alignments, more than one frame of each kind at a time.

#include "aligned.hpp"

#include "places.hpp"

#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/transform_reduce.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <doctest/doctest.h>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::task;
using test::aligned;
using test::in_every_place;
using test::in_every_pool;
using test::misplaced;

// Calls `test` with a value of each alignment; none may be misplaced.
template <class F>
void with_each_alignment(F test) {
    misplaced = 0;
    test(aligned<32>(1));
    test(aligned<64>(1));
    test(aligned<256>(1));
    test(aligned<4096>(1));
    CHECK(misplaced == 0);
}

template <class V>
task<V> argument(char /*shifts it*/, V given) {
    co_return given;
}

template <class V>
task<V> variables(int value) {
    V before(value);
    static_cast<void>(co_await bobbin::this_stop_token());
    V after(before.value);
    co_return after;
}

template <class V>
struct gives {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> /*waiting*/) const noexcept { return false; }
    V await_resume() const noexcept { return V(1); }
};

template <class V>
task<int> awaits_a_foreign_one() {
    gives<V> awaitable;
    V value = co_await awaitable;
    co_return value.value;
}

// As many at once as there are phases that an address can have.
template <class V>
task<int> tree(int depth, V given) {
    if (depth == 0) co_return given.value;
    auto [a, b] = co_await bobbin::when_all(tree(depth - 1, given), tree(depth - 1, given));
    V sum(a + b);
    co_return sum.value;
}

}  // namespace

TEST_CASE("over-aligned arguments, variables and results of tasks are aligned") {
    in_every_place([](test::place& place) {
        with_each_alignment([&](auto value) {
            using V = decltype(value);
            for (int i = 0; i < 10; ++i) {
                CHECK(place.run(argument('a', value)).value == 1);
                CHECK(place.run(variables<V>(2)).value == 2);
                CHECK(place.run(awaits_a_foreign_one<V>()) == 1);
                CHECK(place.run(tree(5, value)) == 32);
            }
        });
    });
}

TEST_CASE("over-aligned results of groups are aligned") {
    in_every_place([](test::place& place) {
        with_each_alignment([&](auto value) {
            using V = decltype(value);
            auto group = [&value]() -> task<int> {
                auto [a, b, c] = co_await bobbin::when_all(argument('a', value), variables<V>(2),
                                                           variables<V>(3));
                std::vector<task<V>> tasks;
                for (int i = 0; i < 20; ++i) tasks.push_back(argument('a', value));
                std::vector<V> all = co_await bobbin::when_all(std::move(tasks));
                auto first = co_await bobbin::when_any(argument('a', value), variables<V>(1));
                V one = first.index == 0 ? std::get<0>(first.value) : std::get<1>(first.value);
                co_return a.value + b.value + c.value + static_cast<int>(all.size()) + one.value;
            };
            CHECK(place.run(group()) == 27);
        });
    });
}

TEST_CASE("over-aligned arguments, captures and results of jobs are aligned") {
    in_every_pool([](test::place& place) {
        with_each_alignment([&](auto value) {
            using V = decltype(value);
            auto& pool = place.pool();
            const auto add = [value](char, V other) { return V(value.value + other.value); };
            const auto add_later = [value](char, V other) -> task<V> {
                V sum(value.value + other.value);
                static_cast<void>(co_await bobbin::this_stop_token());
                co_return sum;
            };
            const bobbin::job_options options = {.timeout = 1h, .retries = 1};
            for (int i = 0; i < 10; ++i) {
                std::atomic<int> told = 0;
                auto job = pool.submit(add, 'a', value);
                job.on_done([value, &told](const bobbin::job<V>& ended) {
                    told = ended.get().value + value.value;
                });
                auto others = pool.submit(options, add, 'a', value);
                auto later = pool.submit(add_later, 'a', value);
                auto others_later = pool.submit(options, add_later, 'a', value);
                CHECK(job.get().value + others.get().value + later.get().value +
                          others_later.get().value ==
                      8);
                while (told == 0) std::this_thread::yield();
                CHECK(place.run(pool.run(add, 'a', value)).value == 2);
            }
        });
    });
}

TEST_CASE("over-aligned inputs, captures and results of maps are aligned") {
    in_every_pool([](test::place& place) {
        with_each_alignment([&](auto value) {
            using V = decltype(value);
            auto& pool = place.pool();
            const std::vector<V> inputs(20, value);
            const std::vector<std::tuple<char, V>> pairs(20, {'a', value});
            const auto add = [value](V other) { return V(value.value + other.value); };
            const auto second = [value](char, V other) { return V(value.value + other.value); };
            const auto sum = [value](V left, V right) { return V(left.value + right.value); };
            const bobbin::map_options options = {.timeout = 1h, .retries = 1};
            CHECK(place.run(pool.map(add, inputs)).size() == 20);
            CHECK(place.run(pool.map(add, inputs, options))[19].value == 2);
            CHECK(place.run(pool.starmap(second, pairs))[19].value == 2);
            CHECK(place.run(pool.map_each(add, inputs))[19].value().value == 2);
            CHECK(place.run(pool.map_reduce(add, inputs, sum, V(2))).value == 42);
            auto read = [&]() -> task<int> {
                auto results = pool.map_unordered(add, inputs);
                int all = 0;
                while (auto each = co_await results.next()) all += each->value().value;
                co_return all;
            };
            CHECK(place.run(read()) == 40);
        });
    });
}

TEST_CASE("over-aligned captures and values of parallel loops are aligned") {
    in_every_place([](test::place& place) {
        with_each_alignment([&](auto value) {
            using V = decltype(value);
            std::atomic<int> all = 0;
            place.run(bobbin::parallel_for(0, 100, [value, &all](int) { all += value.value; }));
            CHECK(all == 100);
            auto later = [value, &all](int) -> task<void> {
                V own(value);
                static_cast<void>(co_await bobbin::this_stop_token());
                all -= own.value;
            };
            place.run(bobbin::parallel_for(0, 100, later));
            CHECK(all == 0);
            const auto sum = [value](V left, const V& right) {
                return V(left.value + right.value * value.value);
            };
            const auto one = [value](int) { return V(value); };
            CHECK(place.run(bobbin::transform_reduce(0, 5000, value, sum, one)).value == 5001);
        });
    });
}

TEST_CASE("over-aligned values are aligned under a limit, in a scope and in a sequential pool") {
    in_every_pool([](test::place& place) {
        with_each_alignment([&](auto value) {
            CHECK(place.run(bobbin::with_timeout(1h, argument('a', value))).value == 1);
            auto body = [value](bobbin::nursery& children) -> task<decltype(value)> {
                auto child = [](auto given) -> task<void> {
                    static_cast<void>(co_await argument('a', given));
                };
                for (int i = 0; i < 20; ++i) children.spawn(child(value));
                co_return value;
            };
            CHECK(place.run(bobbin::scope(body)).value == 1);
            bobbin::sequential_pool here;
            const auto add = [](decltype(value) given, int other) {
                return decltype(value)(given.value + other);
            };
            CHECK(here.submit(add, value, 1).get().value == 2);
        });
    });
}
