// Goal: what is decoded is what was encoded, for each kind of the standard library's types, also
// when the bytes lie in two parts.

#include "encoding_examples.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <cstddef>
#include <doctest/doctest.h>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using bobbin::ipc::decode;
using bobbin::ipc::encode;

namespace {

using bytes = std::vector<std::byte>;

bytes joined(const bobbin::ipc::pieces& pieces) {
    bytes all(pieces.prefix().begin(), pieces.prefix().end());
    all.insert(all.end(), pieces.body().begin(), pieces.body().end());
    return all;
}

template <class T>
bool same(const T& one, const T& other) {
    return one == other;
}
template <class T>
bool same(const std::unique_ptr<T>& one, const std::unique_ptr<T>& other) {
    return one == nullptr || other == nullptr ? one == other : *one == *other;
}
bool same(const std::priority_queue<int>& one, const std::priority_queue<int>& other) {
    return one.size() == other.size() && one.top() == other.top();
}
template <class R>
bool same(const bobbin::outcome<R>& one, const bobbin::outcome<R>& other) {
    if constexpr (!std::is_void_v<R>)
        if (one.has_value()) return other.has_value() && one.value() == other.value();
    return one.has_value() == other.has_value();
}
bool same(const examples::tree& one, const examples::tree& other) {
    if ((one.twin == nullptr) != (other.twin == nullptr)) return false;
    if (one.twin && !same(*one.twin, *other.twin)) return false;
    if (one.branches.size() != other.branches.size()) return false;
    for (std::size_t i = 0; i < one.branches.size(); ++i) {
        if (!same(one.branches[i], other.branches[i])) return false;
    }
    return one.value == other.value;
}

struct breaks_when_copied {
    breaks_when_copied() = default;
    breaks_when_copied(const breaks_when_copied& /*other*/) { throw 1; }
    breaks_when_copied& operator=(const breaks_when_copied&) = default;
    ~breaks_when_copied() = default;
    template <class Archive>
    void serialize(Archive& /*archive*/) {}
};

struct comes_back {
    template <class T>
    void operator()(const char* name, const T& value) const {
        INFO(std::string(name));
        static_assert(bobbin::ipc::encodable<T>);
        const bytes encoded = encode(value);
        CHECK(!encoded.empty());
        CHECK(same(decode<T>(encoded), value));
        CHECK(joined(bobbin::ipc::encode_in_place(value)) == encoded);
        const std::span all(encoded);
        for (std::size_t cut = 0; cut <= all.size(); ++cut) {
            CHECK(same(decode<T>(all.first(cut), all.subspan(cut)), value));
        }
    }
};

}  // namespace

TEST_CASE("numbers come back") {
    examples::for_each_number(comes_back());
}

TEST_CASE("strings come back") {
    examples::for_each_string(comes_back());
}

TEST_CASE("times come back") {
    examples::for_each_time(comes_back());
}

TEST_CASE("containers come back") {
    examples::for_each_container(comes_back());
}

TEST_CASE("composite values come back") {
    examples::for_each_composite(comes_back());
}

TEST_CASE("hashed containers of many elements come back") {
    std::unordered_map<int, std::string> names;
    for (int i = 0; i < 1000; ++i) names.emplace(i, std::to_string(i));
    CHECK(decode<std::unordered_map<int, std::string>>(encode(names)) == names);
}

TEST_CASE("numbers that are not equal to themselves come back") {
    const auto encoded = encode(std::numeric_limits<double>::quiet_NaN());
    CHECK(encode(decode<double>(encoded)) == encoded);
}

TEST_CASE("a variant without a value is refused, as by std::visit") {
    std::variant<int, breaks_when_copied> broken;
    const breaks_when_copied source;
    CHECK_THROWS_AS(broken.emplace<1>(source), int);
    REQUIRE(broken.valueless_by_exception());
    CHECK_THROWS_AS(encode(broken), std::bad_variant_access);
}

TEST_CASE("types that are const come back") {
    const int number = 4;
    CHECK(decode<const int>(encode(number)) == 4);
    const std::pair<const int, const std::string> both(1, "one");
    CHECK(decode<std::pair<const int, const std::string>>(encode(both)) == both);
    const auto held = std::make_unique<const int>(3);
    CHECK(*decode<std::unique_ptr<const int>>(encode(held)) == 3);
}

TEST_CASE("an exception comes back as a value, alone or as an outcome's") {
    const auto error = std::make_exception_ptr(std::out_of_range("far"));
    CHECK_THROWS_WITH_AS(std::rethrow_exception(decode<std::exception_ptr>(encode(error))), "far",
                         std::out_of_range);
    const auto failed = bobbin::outcome<int>::failure(error);
    CHECK_THROWS_WITH_AS(static_cast<void>(decode<bobbin::outcome<int>>(encode(failed)).value()),
                         "far", std::out_of_range);
    const bobbin::outcome<std::exception_ptr> held(error);
    const auto back = decode<bobbin::outcome<std::exception_ptr>>(encode(held));
    REQUIRE(back.has_value());
    CHECK_THROWS_AS(std::rethrow_exception(back.value()), std::out_of_range);
}

TEST_CASE("an error code of a category that is not std's is refused by name") {
    struct own_category : std::error_category {
        const char* name() const noexcept override { return "moods"; }
        std::string message(int) const override { return "bad"; }
    };
    static const own_category moods;
    CHECK_THROWS_AS(encode(std::error_code(1, moods)), std::invalid_argument);
    CHECK_THROWS_AS(encode(std::error_condition(1, moods)), std::invalid_argument);
}

TEST_CASE("the compiler's vectors are encoded as their bytes") {
    using four = int __attribute__((vector_size(16)));
    struct point {
        four at;
    };
    const point back = decode<point>(encode(point{four{1, 2, 3, 4}}));
    CHECK(back.at[0] == 1);
    CHECK(back.at[3] == 4);
    CHECK(encode(point{}).size() == 16);
}
