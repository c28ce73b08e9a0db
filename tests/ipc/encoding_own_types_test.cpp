// Goal: types of a user's are encoded as the user says, or as can be seen; and which are copied by
// their bytes.

#include <bobbin/ipc/encoding.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using bobbin::ipc::bytewise_type;
using bobbin::ipc::decode;
using bobbin::ipc::encodable;
using bobbin::ipc::encode;

namespace {

// --- bytewise or not ---

enum class small : std::uint8_t { one };
enum fixed : int { of_fixed };
enum loose { of_loose };

struct packed {
    std::uint32_t number;
    float fraction;
    std::array<small, 8> kinds;
};
struct nested {
    packed inner;
    std::uint64_t more;
};
struct padded {
    std::uint8_t small;
    std::uint32_t large;
};
struct padded_inside {
    padded inner;
    std::uint64_t more;
};
struct referring {
    std::uint64_t number;
    const std::uint64_t& other;
};
const std::string unknown = "?";
struct referring_by_default {
    const std::string& text = unknown;
    int number;
};
struct pointing {
    int* where;
};
struct extended {
    long double number;
};
struct based : packed {
    std::uint64_t more;
};
union either {
    int number;
    float fraction;
};
class secretive {
public:
    int shown() const { return hidden_; }

private:
    int hidden_ = 0;
};

static_assert(bytewise_type<int> && bytewise_type<bool> && bytewise_type<std::byte>);
static_assert(bytewise_type<fixed> && !bytewise_type<loose> && !encodable<loose>);
static_assert(bytewise_type<small> && bytewise_type<double> && bytewise_type<char32_t>);
static_assert(bytewise_type<int[3]> && bytewise_type<std::array<double[2], 3>>);
static_assert(bytewise_type<packed> && bytewise_type<nested>);
static_assert(!bytewise_type<padded> && !bytewise_type<padded_inside>);
static_assert(!bytewise_type<int*> && !bytewise_type<int&> && !bytewise_type<int packed::*>);
static_assert(!bytewise_type<pointing> && !bytewise_type<std::array<int*, 2>>);
static_assert(!bytewise_type<std::string_view> && !bytewise_type<std::span<int>>);
static_assert(!bytewise_type<long double> && !bytewise_type<extended>);
static_assert(!bytewise_type<based> && !bytewise_type<either> && !bytewise_type<secretive>);
static_assert(!bytewise_type<std::string> && !bytewise_type<void> && !bytewise_type<int()>);
static_assert(!bytewise_type<std::reference_wrapper<int>> && !bytewise_type<std::nullptr_t>);

static_assert(encodable<padded> && encodable<padded_inside> && encodable<extended>);
static_assert(encodable<const int> && encodable<const std::string>);
static_assert(!encodable<int*> && !encodable<int&> && !encodable<void> && !encodable<int[3]>);
static_assert(!bytewise_type<referring> && !encodable<referring>);
static_assert(!encodable<referring_by_default>);
static_assert(!encodable<pointing> && !encodable<based> && !encodable<either>);
static_assert(!encodable<secretive> && !encodable<std::vector<secretive>>);
static_assert(!encodable<std::shared_ptr<int>> && !encodable<std::unique_ptr<int[]>>);
static_assert(!encodable<std::function<void()>> && !encodable<std::weak_ptr<int>>);

// --- said by the user ---

class vector3 {
public:
    vector3(double x, double y, double z) : values_{x, y, z} {}
    bool operator==(const vector3&) const = default;

private:
    double values_[3];
};

struct letter {
    char name[16];
    int number;
};

}  // namespace

template <>
inline constexpr bool bobbin::ipc::bytewise<vector3> = true;
template <>
inline constexpr bool bobbin::ipc::bytewise<letter> = true;

namespace {

static_assert(bobbin::ipc::decodes_in_place<std::vector<vector3>>);

// --- functions of the user's ---

struct by_member {
    template <class Archive>
    void serialize(Archive& archive) {
        archive(text, numbers) & also;
    }
    std::string text;
    int numbers[2];
    bool also;
};

struct by_function {
    std::string text;
    virtual ~by_function() = default;
};
template <class Archive>
void serialize(Archive& archive, by_function& value) {
    archive(value.text);
}

// Keeps the square only.
class by_members {
public:
    by_members() = default;
    explicit by_members(double root) : root_(root) {}
    double root() const { return root_; }

    template <class Archive>
    void save(Archive& archive) const {
        static_assert(Archive::is_saving::value);
        archive(root_ * root_);
    }
    template <class Archive>
    void load(Archive& archive) {
        static_assert(Archive::is_loading::value);
        archive(root_);
    }

private:
    double root_ = 0;
};

class by_functions {
public:
    int held = 0;

private:
    [[maybe_unused]] int hidden_ = 0;
};
template <class Archive>
void save(Archive& archive, const by_functions& value) {
    archive(value.held);
}
template <class Archive>
void load(Archive& archive, by_functions& value) {
    archive(value.held);
}

struct silent {
    template <class Archive>
    void serialize(Archive& /*archive*/) {}
    std::string kept = "as it was made";
};

struct thrower {
    template <class Archive>
    void serialize(Archive& /*archive*/) {
        throw std::runtime_error("no");
    }
    std::string text;
};

// Counts those alive.
struct counted {
    counted() { ++alive; }
    counted(const counted& /*other*/) { ++alive; }
    counted& operator=(const counted&) = default;
    ~counted() { --alive; }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(number);
    }
    int number = 0;
    static inline int alive = 0;
};
struct two_counted {  // an aggregate
    counted one;
    std::string text;
    counted other;
};

}  // namespace

TEST_CASE("a type is bytewise if the user says so") {
    const vector3 value(1, 2, 3);
    CHECK(encode(value).size() == 3 * sizeof(double));
    CHECK(decode<vector3>(encode(value)) == value);
    const std::vector<vector3> values(4, value);
    CHECK(decode<std::vector<vector3>>(encode(values)) == values);
    const std::array<vector3, 2> both{value, value};
    CHECK(decode<std::array<vector3, 2>>(encode(both)) == both);
    CHECK(decode<letter>(encode(letter{"name", 3})).number == 3);
}

TEST_CASE("padding is not encoded") {
    CHECK(encode(padded{1, 2}).size() == 5);
    CHECK(decode<padded>(encode(padded{1, 2})).large == 2);
    CHECK(encode(extended{0.5L}).size() < sizeof(extended));
}

TEST_CASE("a member serialize is used, whatever the order of its operators") {
    const by_member value{.text = "text", .numbers = {1, 2}, .also = true};
    const auto decoded = decode<by_member>(encode(value));
    CHECK(decoded.text == "text");
    CHECK(decoded.numbers[1] == 2);
    CHECK(decoded.also);
}

TEST_CASE("a serialize next to the type is used, also for a class with virtual functions") {
    by_function value;
    value.text = "text";
    CHECK(decode<by_function>(encode(value)).text == "text");
}

TEST_CASE("save and load are used, as members and next to the type") {
    CHECK(decode<by_members>(encode(by_members(3))).root() == 9);
    by_functions value;
    value.held = 5;
    CHECK(decode<by_functions>(encode(value)).held == 5);
}

TEST_CASE("a type whose functions encode nothing takes a byte, so that many can be counted") {
    CHECK(encode(silent()).size() == 1);
    const std::vector<silent> many(5);
    CHECK(decode<std::vector<silent>>(encode(many)).size() == 5);
    CHECK(decode<silent>(encode(silent())).kept == "as it was made");
}

TEST_CASE("what the user's functions throw arrives unchanged") {
    CHECK_THROWS_WITH_AS(encode(thrower()), "no", std::runtime_error);
    const std::vector<std::byte> one(1);
    CHECK_THROWS_WITH_AS(decode<thrower>(one), "no", std::runtime_error);
}

TEST_CASE("what was decoded before an error is destroyed") {
    auto encoded = encode(two_counted{});
    CHECK(counted::alive == 0);
    while (!encoded.empty()) {
        encoded.pop_back();
        CHECK_THROWS_AS(decode<two_counted>(encoded), bobbin::ipc::protocol_error);
        CHECK(counted::alive == 0);
    }
}
