// Goal: the bar shows the share of the work that is done, whatever the numbers are. Method: exact
// texts. That it comes and goes on a terminal is in the tests of the programs that have one.

#include "progress_bar.hpp"

#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <string>

using apps::progress_text;

namespace {

// As in the text: 40 places, some of them filled.
std::string bar(std::size_t filled) {
    return "[" + std::string(filled, '#') + std::string(40 - filled, '.') + "]";
}

}  // namespace

TEST_CASE("a bar is empty at 0 % and full at 100 %") {
    CHECK(progress_text(0, 10) == bar(0) + " 0 of 10");
    CHECK(progress_text(10, 10) == bar(40) + " 10 of 10");
}

TEST_CASE("a bar is filled by the share that is done, and full only when all is") {
    CHECK(progress_text(5, 20) == bar(10) + " 5 of 20");
    CHECK(progress_text(1, 1'000) == bar(0) + " 1 of 1000");
    CHECK(progress_text(999, 1'000) == bar(39) + " 999 of 1000");
}

TEST_CASE("a bar has its width also when there is nothing to do, or more was done than that") {
    CHECK(progress_text(0, 0) == bar(40) + " 0 of 0");
    CHECK(progress_text(11, 10) == bar(40) + " 11 of 10");
}

TEST_CASE("a bar of very large numbers is filled by their share") {
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    CHECK(progress_text(most / 2, most).starts_with(bar(20)));
    CHECK(progress_text(most, most).starts_with(bar(40)));
}
