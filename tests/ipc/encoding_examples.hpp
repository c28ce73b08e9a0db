// Values of every kind that can be encoded, for the tests that hold for all of them.
#pragma once

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <ios>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace examples {

enum class colour : std::uint16_t { red = 1, green = 0x0203 };
enum class answer : bool { no, yes };
enum plain : int { first_of_plain, second_of_plain };

struct nothing {
    bool operator==(const nothing&) const = default;
};

// Bytewise.
struct point {
    double x;
    double y;
    bool operator==(const point&) const = default;
};
struct switches {
    std::array<bool, 2> lamps;
    answer door;
    std::uint8_t fan;
    bool operator==(const switches&) const = default;
};

// With padding, and with parts that have bytes elsewhere.
struct sample {
    char kind;
    double value;
    bool operator==(const sample&) const = default;
};
struct order {
    std::string customer;
    std::vector<std::pair<std::string, int>> items;
    std::optional<point> place;
    nothing note;
    bool paid;
    bool operator==(const order&) const = default;
};

// Holds its own kind, in two ways.
struct tree {
    int value = 0;
    std::vector<tree> branches;
    std::unique_ptr<tree> twin;
};

// With a function of its own, among its secrets.
class account {
public:
    explicit account(std::string owner, long balance)
        : owner_(std::move(owner)), balance_(balance) {}
    bool operator==(const account&) const = default;

private:
    friend struct bobbin::ipc::access;
    account() = default;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(owner_, balance_);
    }
    std::string owner_;
    long balance_ = 0;
};

inline tree a_tree() {
    tree root{.value = 1, .branches = {}, .twin = std::make_unique<tree>()};
    root.branches.resize(2);
    root.branches[1].value = 3;
    root.branches[1].twin = std::make_unique<tree>();
    return root;
}

inline std::unordered_map<int, std::string> hashed() {
    return {{7, "seven"}};
}

__extension__ using wide = __int128;

// Durations and moments of std::chrono.
template <class F>
void for_each_time(F f) {
    using std::chrono::duration;
    f("duration in whole ns", std::chrono::nanoseconds(123456789));
    f("duration in seconds", duration<double>(0.5));
    f("duration in seconds, long double", duration<long double>(0.5L));
    f("time point", std::chrono::system_clock::time_point(std::chrono::hours(1000)));
    using namespace std::chrono;
    f("day of the epoch", sys_days(year_month_day(year(2024), month(2), day(29))));
    f("date", year_month_day(year(2024), month(2), day(29)));
    f("year and month", year_month(year(-1), month(12)));
    f("month and day", month_day(month(2), day(29)));
    f("weekday", Sunday);
}

template <class F>
void for_each_number(F f) {
    f("bool", true);
    f("char", 'c');
    f("wide character", U'\u20ac');
    f("int", -2);
    f("largest number", std::numeric_limits<std::uint64_t>::max());
    f("double", 0.1);
    f("long double", -0.1L);
    f("byte", std::byte{0xfe});
    f("enum", colour::green);
    f("enum of bool", answer::yes);
    f("plain enum", second_of_plain);
    f("128 bits", wide(-5) * (wide(1) << 64U));
    f("complex", std::complex<double>(1, -1));
    f("complex of long double", std::complex<long double>(1, -1));
}

inline std::priority_queue<int> ordered() {
    return std::priority_queue<int>(std::less<int>(), std::vector<int>{1, 3, 2});
}

// Errors as values.
template <class F>
void for_each_error(F f) {
    f("error code", std::make_error_code(std::errc::no_space_on_device));
    f("error code of iostream", std::make_error_code(std::io_errc::stream));
    f("error condition", std::make_error_condition(std::errc::timed_out));
    f("errc", std::errc::timed_out);
    f("null exception", std::exception_ptr());
    f("outcome", bobbin::outcome<std::string>("fine"));
    f("outcome of nothing", bobbin::outcome<void>());
}

template <class F>
void for_each_string(F f) {
    f("empty string", std::string());
    f("string", std::string("text\0more", 9));
    f("u8string", std::u8string(u8"\u00fcber"));
    f("u16string", std::u16string(u"\u00fcber"));
    f("u32string", std::u32string(U"\u00fcber"));
    f("string of a resource", std::pmr::string("text"));
    f("wstring", std::wstring(L"wide"));
    f("path", std::filesystem::path("/tmp/a file"));
}

template <class F>
void for_each_container(F f) {
    f("vector of doubles", std::vector<double>{1, 2.5, -3});
    f("vector of strings",
      std::vector<std::string>{"a", "", "long enough to need memory of its own"});
    f("vector of vectors", std::vector<std::vector<int>>{{1}, {}, {2, 3}});
    f("vector of bools",
      std::vector<bool>{true, false, true, true, false, false, false, true, true});
    f("vector of nothing", std::vector<nothing>(3));
    f("vector of switches", std::vector<switches>{{{true, false}, answer::yes, 200}});
    f("deque", std::deque<int>{1, 2});
    f("list", std::list<std::string>{"x", "y"});
    f("forward list", std::forward_list<int>{3, 4, 5});
    f("array of strings", std::array<std::string, 2>{"one", "two"});
    f("array of none", std::array<std::string, 0>{});
    f("bitset", std::bitset<11>(0x5a5));
    f("map", std::map<std::string, int>{{"a", 1}, {"b", 2}});
    f("multimap", std::multimap<int, char>{{1, 'a'}, {1, 'b'}});
    f("set", std::set<int>{3, 1, 2});
    f("multiset", std::multiset<int>{1, 1});
    // One element each: the order of several is up to the standard library.
    f("unordered map", hashed());
    f("unordered multimap", std::unordered_multimap<int, int>{{1, 2}});
    f("unordered set", std::unordered_set<std::string>{"only"});
    f("unordered multiset", std::unordered_multiset<int>{9});
    f("stack", std::stack<int>(std::deque<int>{1, 2}));
    f("queue", std::queue<std::string>(std::deque<std::string>{"a", "b"}));
    f("priority queue", ordered());
    f("vector of a resource", std::pmr::vector<int>{1, 2});
}

template <class F>
void for_each_composite(F f) {
    f("pair", std::pair<int, std::string>(1, "one"));
    f("tuple", std::tuple<char, double, std::string>('c', 2.0, "three"));
    f("empty tuple", std::tuple<>());
    f("optional", std::optional<std::string>("there"));
    f("empty optional", std::optional<std::string>());
    f("optional of optional", std::optional<std::optional<int>>(std::optional<int>()));
    f("variant", std::variant<std::monostate, int, std::string>("third"));
    f("variant of nothing", std::variant<std::monostate, int>());
    f("unique_ptr", std::make_unique<std::string>("held"));
    f("null unique_ptr", std::unique_ptr<int>());
    f("aggregate without padding", point{1, 2});
    f("aggregate with bools", switches{{true, false}, answer::no, 3});
    f("aggregate with padding", sample{'k', 0.25});
    f("aggregate of all sorts", order{"me", {{"nails", 100}}, point{3, 4}, {}, true});
    f("empty aggregate", nothing());
    f("recursive aggregate", a_tree());
    f("class with serialize", account("me", 12));
}

// f(name, value), for each of them.
template <class F>
void for_each_example(F f) {
    for_each_number(f);
    for_each_string(f);
    for_each_time(f);
    for_each_error(f);
    for_each_container(f);
    for_each_composite(f);
}

}  // namespace examples
