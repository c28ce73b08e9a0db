// Goal: a value that is bytes already is sent from where it is and received from where it lies,
// whatever others do to those bytes in the meantime.

#include <bobbin/ipc/encoding.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <doctest/doctest.h>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using bobbin::ipc::decode;
using bobbin::ipc::decodes_in_place;
using bobbin::ipc::encode;
using bobbin::ipc::encode_in_place;
using bobbin::ipc::protocol_error;
using bobbin::ipc::reader;

namespace {

static_assert(decodes_in_place<int> && decodes_in_place<std::array<double, 9>>);
static_assert(decodes_in_place<std::string> && decodes_in_place<std::vector<double>>);
static_assert(!decodes_in_place<std::vector<bobbin::ipc::pieces>>);
static_assert(!decodes_in_place<std::vector<bool>> && !decodes_in_place<std::deque<int>>);
static_assert(!decodes_in_place<std::vector<std::string>>);

const void* address(std::span<const std::byte> bytes) {
    return bytes.data();
}

}  // namespace

TEST_CASE("bytewise values, strings and vectors of bytewise elements are not copied") {
    const double number = 1;
    CHECK(address(encode_in_place(number).body()) == &number);
    CHECK(encode_in_place(number).prefix().empty());

    const std::vector<int> numbers(100);
    const auto encoded = encode_in_place(numbers);
    CHECK(address(encoded.body()) == numbers.data());
    CHECK(encoded.prefix().size() == 8);
    CHECK(encoded.size() == encode(numbers).size());

    const std::u16string text(100, u'x');
    CHECK(address(encode_in_place(text).body()) == text.data());
}

TEST_CASE("other values are encoded to a buffer that moves with the pieces") {
    auto encoded = encode_in_place(std::as_const(*std::make_unique<std::deque<int>>(100)));
    const auto moved = std::move(encoded);
    CHECK(decode<std::deque<int>>(moved.body()).size() == 100);
}

TEST_CASE("a reader reads over the end of its first part") {
    std::array<std::byte, 6> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i);
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
        reader from{std::span(all).first(cut), std::span(all).subspan(cut)};
        std::array<std::byte, 7> copy{};  // has room for what is refused
        from.read(copy.data(), 2);
        CHECK(from.position() == 2);
        from.read(&copy[2], 3);
        CHECK(from.bytes_left() == 1);
        CHECK_THROWS_AS(from.read(&copy[5], 2), protocol_error);
        CHECK(from.bytes_left() == 1);
        from.read(&copy[5], 1);
        CHECK(std::equal(all.begin(), all.end(), copy.begin()));
        from.read(nullptr, 0);
        CHECK_THROWS_AS(from.read(copy.data(), 1), protocol_error);
    }
}

TEST_CASE("a reader of nothing has nothing") {
    reader from{std::span<const std::byte>()};
    CHECK(from.bytes_left() == 0);
    std::byte byte{};
    CHECK_THROWS_AS(from.read(&byte, 1), protocol_error);
}

TEST_CASE("errors say what is wrong, and at which byte") {
    auto encoded = encode(std::vector<bool>{true});
    encoded[8] = std::byte{3};
    CHECK_THROWS_WITH_AS(decode<std::vector<bool>>(encoded),
                         "bobbin: no valid encoding: a bit after the last one, at byte 8 of 9",
                         protocol_error);
    encoded.push_back({});
    encoded[8] = std::byte{1};
    CHECK_THROWS_WITH_AS(decode<std::vector<bool>>(encoded),
                         "bobbin: no valid encoding: more follows its end, at byte 9 of 10",
                         protocol_error);
    CHECK_THROWS_WITH_AS(decode<int>(std::span(encoded).first(3)),
                         "bobbin: no valid encoding: it ends too early, at byte 0 of 3",
                         protocol_error);
}
