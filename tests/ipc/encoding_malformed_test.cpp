// Goal: bytes that are no encoding end in protocol_error: never in undefined behaviour (the
// sanitizers watch), never in more memory than the bytes could fill. Method: encodings cut off at
// each byte, with each bit flipped, with counts that lie; and an operator new that keeps accounts.

#include "encoding_examples.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <doctest/doctest.h>
#include <list>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_set>
#include <variant>
#include <vector>

using bobbin::ipc::decode;
using bobbin::ipc::encode;
using bobbin::ipc::protocol_error;

namespace {

using bytes = std::vector<std::byte>;

constinit std::size_t largest_allocation = 0;
constinit std::size_t allocated = 0;  // ever

void* allocate(std::size_t size) {
    largest_allocation = std::max(largest_allocation, size);
    allocated += size;
    if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
    throw std::bad_alloc();
}

}  // namespace

// Not inline: g++ would see free() end what new began.
[[gnu::noinline]] void* operator new(std::size_t size) {
    return allocate(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

// What a decoding may take besides what the bytes fill: the error's text, a deque's map and first
// block, an unordered container's first buckets.
constexpr std::size_t overhead = 2048;

// Whether the bytes were decoded. Checks that no more memory was taken than `each` bytes for a byte
// of theirs.
template <class T>
bool decodes(std::span<const std::byte> encoded, std::size_t each = 64) {
    largest_allocation = allocated = 0;
    bool decoded = true;
    try {
        static_cast<void>(decode<T>(encoded));
    } catch (const protocol_error&) {
        decoded = false;
    }
    const auto largest = largest_allocation;
    const auto total = allocated;
    CHECK(largest <= each * encoded.size() + overhead);
    CHECK(total <= 2 * each * encoded.size() + 2 * overhead);
    return decoded;
}

bytes of(std::initializer_list<int> values) {
    bytes all;
    for (const int value : values) all.push_back(static_cast<std::byte>(value));
    return all;
}

bytes with_count(std::uint64_t count, std::size_t following = 0) {
    bytes all(sizeof count + following);
    std::memcpy(all.data(), &count, sizeof count);
    return all;
}

constexpr std::uint64_t huge_counts[] = {2,          4,          1U << 20,   1ULL << 32,
                                         1ULL << 60, 1ULL << 61, 1ULL << 63, ~0ULL};

template <class T>
void lie_about_the_count() {
    for (const auto count : huge_counts) {
        CHECK_FALSE(decodes<T>(with_count(count)));
        CHECK_FALSE(decodes<T>(with_count(count, 1)));
    }
    CHECK(decodes<T>(with_count(0)));
}

// Deep in one direction.
struct chain {
    int number = 0;
    std::unique_ptr<chain> next;
};
chain of_length(int length) {
    chain first;
    for (chain* last = &first; length > 1; --length) {
        last->next = std::make_unique<chain>();
        last = last->next.get();
    }
    return first;
}

// A mistake of the user's.
struct endless {
    template <class Archive>
    void serialize(Archive& archive) {
        endless other;
        archive(other);
    }
    std::string text;
};

}  // namespace

TEST_CASE("an encoding that is cut off is refused, wherever it is cut") {
    examples::for_each_example([]<class T>(const char* name, const T& value) {
        INFO(std::string(name));
        const bytes encoded = encode(value);
        for (std::size_t size = 0; size < encoded.size(); ++size) {
            CHECK_FALSE(decodes<T>(std::span(encoded).first(size)));
        }
    });
}

TEST_CASE("an encoding that is followed by something is refused") {
    examples::for_each_example([]<class T>(const char* name, const T& value) {
        INFO(std::string(name));
        bytes encoded = encode(value);
        encoded.push_back({});
        CHECK_FALSE(decodes<T>(encoded));
    });
}

TEST_CASE("an encoding with flipped bits is refused, or is another value's") {
    examples::for_each_example([]<class T>(const char* name, const T& value) {
        INFO(std::string(name));
        bytes encoded = encode(value);
        for (auto& byte : encoded) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                byte ^= static_cast<std::byte>(1U << bit);
                decodes<T>(encoded);
                byte ^= static_cast<std::byte>(1U << bit);
            }
        }
        CHECK(decodes<T>(encoded));
    });
}

TEST_CASE("zeros, which are what a punched hole reads as, are a value or refused") {
    examples::for_each_example([]<class T>(const char* name, const T& value) {
        INFO(std::string(name));
        const bytes zeros(encode(value).size());
        decodes<T>(zeros);
    });
}

TEST_CASE("a count of more than follows is refused before memory is taken") {
    lie_about_the_count<std::string>();
    lie_about_the_count<std::u32string>();
    lie_about_the_count<std::vector<char>>();
    lie_about_the_count<std::vector<double>>();
    lie_about_the_count<std::vector<std::string>>();
    lie_about_the_count<std::deque<std::vector<int>>>();
    lie_about_the_count<std::list<int>>();
    lie_about_the_count<std::map<int, int>>();
    lie_about_the_count<std::unordered_set<std::string>>();
}

TEST_CASE("a count of elements that hold nothing is a count of bytes") {
    lie_about_the_count<std::vector<std::tuple<>>>();
    lie_about_the_count<std::vector<examples::nothing>>();
    lie_about_the_count<std::vector<std::monostate>>();
    lie_about_the_count<std::list<std::array<std::string, 0>>>();
    CHECK(decodes<std::vector<std::tuple<>>>(with_count(3, 3)));
    CHECK_FALSE(decodes<std::tuple<>>(of({1})));
}

TEST_CASE("a count of bools is a count of bits") {
    using bools = std::vector<bool>;
    CHECK(decodes<bools>(with_count(8, 1)));
    CHECK_FALSE(decodes<bools>(with_count(9, 1)));
    CHECK_FALSE(decodes<bools>(with_count(~0ULL, 1)));
    CHECK_FALSE(decodes<bools>(with_count(0, 1)));
}

TEST_CASE("elements that are much larger than their bytes take no memory in advance") {
    using large = std::optional<std::array<double, 1000>>;
    CHECK(decodes<std::vector<large>>(with_count(10, 10), 2 * sizeof(large)));
    bytes wrong = with_count(1000, 1000);
    wrong[8] = std::byte{7};
    CHECK_FALSE(decodes<std::vector<large>>(wrong, 1));
}

TEST_CASE("a bool is 0 or 1, wherever it is") {
    CHECK_FALSE(decodes<bool>(of({2})));
    CHECK_FALSE(decodes<examples::answer>(of({255})));
    CHECK_FALSE(decodes<std::array<bool, 2>>(of({0, 3})));
    CHECK_FALSE(decodes<examples::switches>(of({0, 2, 0, 2})));
    CHECK_FALSE(decodes<examples::switches>(of({0, 1, 2, 2})));
    CHECK(decodes<examples::switches>(of({0, 1, 1, 2})));
    CHECK_FALSE(decodes<std::optional<int>>(of({2, 0, 0, 0, 0})));
    auto several = encode(std::vector<examples::switches>(3));
    CHECK(decodes<std::vector<examples::switches>>(several));
    several[12] = std::byte{2};
    CHECK_FALSE(decodes<std::vector<examples::switches>>(several));
}

TEST_CASE("a variant has one of its alternatives") {
    using either = std::variant<int, std::string>;
    CHECK(decodes<either>(of({0, 0, 0, 0, 1, 0, 0, 0})));
    CHECK_FALSE(decodes<either>(of({2, 0, 0, 0, 1, 0, 0, 0})));
    CHECK_FALSE(decodes<either>(of({0, 0, 0, 128, 1, 0, 0, 0})));
}

TEST_CASE("keys are there once") {
    auto twice = encode(std::vector<int>{1, 1});
    CHECK_FALSE(decodes<std::set<int>>(twice));
    CHECK_FALSE(decodes<std::unordered_set<int>>(twice));
    CHECK(decodes<std::multiset<int>>(twice));
}

TEST_CASE("a value may be 100 levels deep, and no more") {
    CHECK(decode<chain>(encode(of_length(101))).next != nullptr);
    CHECK_THROWS_WITH_AS(encode(of_length(102)),
                         "bobbin: a value nested more than 100 deep is not encoded",
                         std::length_error);

    // As a peer that counts otherwise might send it.
    bytes long_one;
    for (int i = 0; i < 1'000'000; ++i) {
        const auto link = of({0, 0, 0, 0, 1});
        long_one.insert(long_one.end(), link.begin(), link.end());
    }
    CHECK_FALSE(decodes<chain>(long_one));
    CHECK_FALSE(decodes<examples::tree>(bytes(1'000'000, std::byte{1})));
    CHECK_THROWS_AS(encode(endless()), std::length_error);
    CHECK_FALSE(decodes<endless>(bytes(1000)));
}

TEST_CASE("levels are counted down again") {
    std::vector<std::vector<std::string>> wide(1000);
    CHECK(decode<std::vector<std::vector<std::string>>>(encode(wide)) == wide);
}
