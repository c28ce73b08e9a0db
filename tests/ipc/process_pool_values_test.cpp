// Goal: values of special kinds cross to workers and back: over-aligned ones, which lie where their
// alignment says there too; errors, as values; and callables that can be called as rvalues only.
#include "runtime/aligned.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/this_task.hpp>

#include <array>
#include <doctest/doctest.h>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <vector>

using namespace bobbin;

namespace {

// Bytewise, and aligned as a line of the cache is.
struct alignas(64) line {
    std::array<int, 16> numbers{};
};

// A line of how many are misplaced.
line count_misplaced(line first, const std::vector<line>& others) {
    test::misplaced = 0;
    test::look_at_place(&first, alignof(line));
    for (const line& each : others) test::look_at_place(&each, alignof(line));
    line result;
    result.numbers[0] = test::misplaced;
    result.numbers[15] = first.numbers[15];
    test::look_at_place(&result, alignof(line));
    return result;
}
task<line> count_misplaced_later(line first) {
    static_cast<void>(co_await this_stop_token());
    co_return count_misplaced(first, std::vector<line>(3, first));
}
constexpr fn<&count_misplaced> count;
constexpr fn<&count_misplaced_later> count_later;

line numbered() {
    line own;
    own.numbers[15] = 7;
    return own;
}

std::exception_ptr error_of(int number) {
    return number == 0 ? nullptr : std::make_exception_ptr(std::out_of_range("far"));
}
outcome<int> outcome_of(int number) {
    if (number < 0) return outcome<int>::failure(error_of(number));
    return number;
}
std::error_code code_of(std::errc condition) {
    return std::make_error_code(condition);
}

struct empty_once {
    int operator()(int number) && { return number + 1; }
};

}  // namespace

TEST_CASE("over-aligned arguments and results of jobs are aligned in workers and here") {
    ipc::process_pool pool(2);
    const std::vector<line> others(5);
    for (int i = 0; i < 20; ++i) {
        auto job = pool.submit(count, numbered(), others);
        CHECK(job.get().numbers[0] == 0);
        CHECK(job.get().numbers[15] == 7);
        test::misplaced = 0;
        test::look_at_place(&job.get(), alignof(line));
        CHECK(test::misplaced == 0);
        CHECK(pool.submit(count_later, numbered()).get().numbers[0] == 0);
        CHECK(pool.submit(bind(count, numbered()), others).get().numbers[15] == 7);
    }
    const std::vector<line> inputs(100, numbered());
    const std::vector<line> came = sync_wait(pool.map(bind(fn<&count_misplaced_later>()), inputs));
    REQUIRE(came.size() == 100);
    for (const line& each : came) CHECK(each.numbers[0] == 0);
}

TEST_CASE("a result may be an error, as a value") {
    ipc::process_pool pool(1);
    CHECK(pool.submit(fn<&error_of>(), 0).get() == nullptr);
    const auto error = pool.submit(fn<&error_of>(), 1);
    CHECK_THROWS_WITH_AS(std::rethrow_exception(error.get()), "far", std::out_of_range);
    CHECK(pool.submit(fn<&outcome_of>(), 3).get().value() == 3);
    const auto failed = pool.submit(fn<&outcome_of>(), -1);
    CHECK_THROWS_AS(static_cast<void>(failed.get().value()), std::out_of_range);
    CHECK(pool.submit(fn<&code_of>(), std::errc::timed_out).get() == std::errc::timed_out);
    const auto each = sync_wait(pool.map_each(fn<&outcome_of>(), std::vector<int>{-1, 1}));
    CHECK(each[0].has_value());
    CHECK(!each[0].value().has_value());
    CHECK(each[1].value().value() == 1);
}

TEST_CASE("a callable that can only be called as an rvalue runs in a worker") {
    ipc::process_pool pool(1);
    CHECK(pool.submit(empty_once(), 1).get() == 2);
    CHECK(pool.submit([](int number) mutable { return number; }, 3).get() == 3);
}
