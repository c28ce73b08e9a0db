// Goal: fn, bind and apply make callables that do what the function does, and that are known to
// cross to another process exactly when they can.

#include <bobbin/runtime/apply.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>

#include <array>
#include <cstddef>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace {

int minus(int a, int b) {
    return a - b;
}
std::size_t length(std::string&& text) {
    return std::exchange(text, "").size();
}
struct account {
    int money = 0;
    int with(int more) const { return money + more; }
};
int take(std::unique_ptr<int> number) {
    return *number;
}

constexpr bobbin::fn<&minus> subtracted;

}  // namespace

TEST_CASE("fn is a function as an object without state") {
    CHECK(subtracted(5, 3) == 2);
    static_assert(std::is_empty_v<decltype(subtracted)>);
    CHECK(bobbin::fn<&account::with>()(account{.money = 3}, 4) == 7);
    CHECK(bobbin::fn<&take>()(std::make_unique<int>(3)) == 3);
}

TEST_CASE("fn can be called exactly as the function can") {
    static_assert(std::is_invocable_r_v<int, bobbin::fn<&minus>, int, int>);
    static_assert(!std::is_invocable_v<bobbin::fn<&minus>, int>);
    static_assert(!std::is_invocable_v<bobbin::fn<&minus>, int, std::string>);
}

TEST_CASE("bind gives the first arguments") {
    CHECK(bobbin::bind(subtracted, 5)(3) == 2);
    CHECK(bobbin::bind(subtracted, 5, 3)() == 2);
    CHECK(bobbin::bind(bobbin::bind(subtracted, 5), 3)() == 2);
    CHECK(bobbin::bind(std::minus<>(), 9)(1) == 8);
    static_assert(!std::is_invocable_v<decltype(bobbin::bind(subtracted, 5)), int, int>);
}

TEST_CASE("what bind returns can be called again: each call gets copies") {
    const auto bound = bobbin::bind(bobbin::fn<&length>(), std::string("four"));
    CHECK(bound() == 4);
    CHECK(bound() == 4);
}

TEST_CASE("apply gives the elements of a tuple, a pair or an array as arguments") {
    const auto applied = bobbin::apply(subtracted);
    CHECK(applied(std::tuple(5, 3)) == 2);
    CHECK(applied(std::pair(5, 4)) == 1);
    CHECK(applied(std::array{5, 5}) == 0);
    CHECK(bobbin::apply(bobbin::fn<&take>())(std::tuple(std::make_unique<int>(8))) == 8);
    CHECK(bobbin::apply(bobbin::bind(subtracted, 5))(std::tuple(1)) == 4);
}

TEST_CASE("what has no state of its own crosses, and what is made of it") {
    const auto lambda = [](int i) { return i; };
    const auto capturing = [captured = 1](int i) { return i + captured; };
    using bobbin::crosses;
    static_assert(crosses<bobbin::fn<&minus>>);
    static_assert(crosses<std::plus<>>);
    static_assert(crosses<std::remove_const_t<decltype(lambda)>>);
    static_assert(crosses<decltype(bobbin::bind(lambda, 1))>);
    static_assert(crosses<decltype(bobbin::apply(bobbin::bind(lambda)))>);
    static_assert(!crosses<std::remove_const_t<decltype(capturing)>>);
    static_assert(!crosses<decltype(bobbin::bind(capturing, 1))>);
    static_assert(!crosses<decltype(bobbin::apply(capturing))>);
    static_assert(!crosses<int (*)(int, int)>);
    static_assert(!crosses<std::function<int()>>);
    CHECK(lambda(1) + capturing(1) == 3);
}
