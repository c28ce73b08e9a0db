// Goal: an outcome is a value or an exception, and says which.

#include <bobbin/runtime/outcome.hpp>

#include <doctest/doctest.h>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

using bobbin::outcome;

namespace {

std::exception_ptr an_error() {
    return std::make_exception_ptr(std::runtime_error("broken"));
}

}  // namespace

TEST_CASE("an outcome with a value gives it, and no error") {
    outcome<std::string> ended = std::string("text");
    CHECK(ended.has_value());
    CHECK(ended);
    CHECK(ended.value() == "text");
    CHECK(std::as_const(ended).value() == "text");
    CHECK(ended.error() == nullptr);
    ended.value() += "s";
    CHECK(std::move(ended).value() == "texts");
}

TEST_CASE("an outcome with an error throws it when asked for the value") {
    outcome<int> ended(an_error());
    CHECK(!ended.has_value());
    CHECK(!ended);
    CHECK(ended.error() != nullptr);
    CHECK_THROWS_WITH_AS(ended.value(), "broken", std::runtime_error);
    CHECK_THROWS_WITH_AS(std::as_const(ended).value(), "broken", std::runtime_error);
    CHECK_THROWS_WITH_AS(std::move(ended).value(), "broken", std::runtime_error);
}

TEST_CASE("a value may be movable only") {
    outcome<std::unique_ptr<int>> ended = std::make_unique<int>(7);
    outcome<std::unique_ptr<int>> moved = std::move(ended);
    const std::unique_ptr<int> own = std::move(moved).value();
    CHECK(*own == 7);
    static_assert(!std::is_copy_constructible_v<outcome<std::unique_ptr<int>>>);
}

TEST_CASE("an outcome of nothing is an error or not") {
    const outcome<void> fine;
    CHECK(fine);
    CHECK(fine.error() == nullptr);
    fine.value();
    const outcome<void> failed(an_error());
    CHECK(!failed);
    CHECK_THROWS_WITH_AS(failed.value(), "broken", std::runtime_error);
}
