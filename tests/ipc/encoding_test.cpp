// Goal: what is decoded is what was encoded, for each kind of the standard library's types, also
// when the bytes lie in two parts.

#include "encoding_examples.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <cstddef>
#include <doctest/doctest.h>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
