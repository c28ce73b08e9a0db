// Goal: split cuts a range as numpy.array_split does.

#include <bobbin/runtime/split.hpp>

#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <list>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using bobbin::split;
using parts_of_ints = std::vector<std::vector<int>>;

TEST_CASE("split cuts 24 elements into 12 pairs, in their order") {
    std::vector<int> numbers(24);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto parts = split(numbers, 12);
    REQUIRE(parts.size() == 12);
    for (std::size_t i = 0; i < 12; ++i) {
        const int first = 2 * static_cast<int>(i);
        CHECK(parts[i] == std::vector{first, first + 1});
    }
}

TEST_CASE("split gives the remainder to the first parts") {
    CHECK(split(std::views::iota(0, 8), 3) == parts_of_ints{{0, 1, 2}, {3, 4, 5}, {6, 7}});
    CHECK(split(std::views::iota(0, 7), 3) == parts_of_ints{{0, 1, 2}, {3, 4}, {5, 6}});
}

TEST_CASE("split makes one part of everything") {
    CHECK(split(std::array{1, 2, 3}, 1) == parts_of_ints{{1, 2, 3}});
}

TEST_CASE("split leaves parts empty when there are more of them than elements") {
    CHECK(split(std::vector{1, 2}, 4) == parts_of_ints{{1}, {2}, {}, {}});
    CHECK(split(std::vector<int>(), 2) == parts_of_ints{{}, {}});
}

TEST_CASE("split refuses to make no parts, and says so") {
    CHECK_THROWS_WITH_AS(split(std::vector{1}, 0), "bobbin::split: parts must be at least 1",
                         std::invalid_argument);
}

TEST_CASE("split takes any forward range, and its parts own their elements") {
    std::list<std::string> words = {"a", "b", "c"};
    auto parts = split(words, 2);
    static_assert(std::is_same_v<decltype(parts), std::vector<std::vector<std::string>>>);
    words.clear();
    CHECK(parts[0] == std::vector<std::string>{"a", "b"});
    CHECK(parts[1] == std::vector<std::string>{"c"});
}
