// Goal: fib and skynet add up right, whoever steals what. Method: values known by other means, on
// pools of one, two and more threads than there are cores.

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/workloads/fib.hpp>
#include <bobbin/workloads/skynet.hpp>

#include <array>
#include <doctest/doctest.h>

namespace {

constexpr std::array thread_counts = {1U, 2U, 7U};

}  // namespace

TEST_CASE("fib gives the Fibonacci numbers on 1, 2 and 7 threads") {
    constexpr std::array expected = {0L, 1L, 1L, 2L, 3L, 5L, 8L, 13L, 21L, 34L, 55L};
    for (const unsigned threads : thread_counts) {
        CAPTURE(threads);
        bobbin::thread_pool pool({.threads = threads, .name = "test"});
        int n = 0;
        for (const long number : expected) {
            CHECK(bobbin::sync_wait(pool, bobbin::fib(n++)) == number);
        }
        CHECK(bobbin::sync_wait(pool, bobbin::fib(25)) == 75'025);
    }
}

TEST_CASE("serial fib gives the same numbers") {
    CHECK(bobbin::fib_serial(0) == 0);
    CHECK(bobbin::fib_serial(1) == 1);
    CHECK(bobbin::fib_serial(10) == 55);
    CHECK(bobbin::fib_serial(25) == 75'025);
}

TEST_CASE("skynet adds the numbers of its leaves on 1, 2 and 7 threads") {
    for (const unsigned threads : thread_counts) {
        CAPTURE(threads);
        bobbin::thread_pool pool({.threads = threads, .name = "test"});
        CHECK(bobbin::sync_wait(pool, bobbin::skynet(7, 1)) == 7);
        CHECK(bobbin::sync_wait(pool, bobbin::skynet(0, 10)) == 45);
        CHECK(bobbin::sync_wait(pool, bobbin::skynet(100, 10)) == 1'045);
        CHECK(bobbin::sync_wait(pool, bobbin::skynet(0, 100'000)) == 4'999'950'000);
    }
}
