// The measurements of memory_test.cpp at full length.

#include "frames.hpp"
#include "memory.hpp"

#include <doctest/doctest.h>

TEST_CASE("a fork-join tree of 126 million tasks takes less than 20 MB resident") {
    const long most = test::in_own_process([] { return test::most_resident_in_fib(38); });
    MESSAGE(most, " bytes");
    CHECK(most > 0);
    CHECK(most < 20'000'000);
}

TEST_CASE("10 million frames made on one thread and ended on another keep memory flat") {
    const long growth =
        test::in_own_process([] { return test::growth_by_handing_over(10'000'000); });
    MESSAGE(growth, " bytes");
    CHECK(growth >= 0);
    CHECK(growth < 1024 * 1024);
}
