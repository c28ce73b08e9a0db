// Who a callable is, whatever it is called. Built in several ways: see CMakeLists.txt.
#include "callable/callables.hpp"
#include "child_process.hpp"

#include <bobbin/runtime/apply.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

using bobbin::outcome;
using bobbin::detail::callable_entry;
using bobbin::detail::callable_key;
using bobbin::detail::callable_registration;
using bobbin::detail::check_callables;
using bobbin::detail::find_callable;

std::vector<test::known_callable> all_callables() {
    auto all = test::own_callables_of_one();
    for (auto& each : test::own_callables_of_two()) all.push_back(std::move(each));
    for (auto& each : test::shared_callables_of_one()) all.push_back(std::move(each));
    return all;
}

// Calls as a worker does: knowing the key, and the types of the call.
template <class R, class... Args>
outcome<R> call(std::uint64_t key, Args... args) {
    const auto* entry = find_callable(key);
    REQUIRE(entry != nullptr);
    std::tuple<Args...> arguments(std::move(args)...);
    alignas(outcome<R>) std::array<std::byte, sizeof(outcome<R>)> storage;
    entry->call(&arguments, storage.data());
    auto* made = reinterpret_cast<outcome<R>*>(storage.data());
    outcome<R> result = std::move(*made);
    std::destroy_at(made);
    return result;
}

void print_keys() {
    for (const auto& each : all_callables())
        std::fprintf(stderr, "%s %016llx\n", each.name.c_str(),
                     static_cast<unsigned long long>(each.key));
}

// The keys that this program has when it is run once more.
std::string keys_of_another_run() {
    return test::in_child([] {
               dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
               execl("/proc/self/exe", "another", "--no-skip", "--test-case=prints its keys",
                     nullptr);
               return 1;
           })
        .err;
}

}  // namespace

TEST_CASE("callables of one name in two files have keys of their own") {
    const auto all = all_callables();
    std::set<std::uint64_t> keys;
    for (const auto& each : all) {
        CAPTURE(each.name);
        CHECK(keys.insert(each.key).second);
    }
    CHECK(keys.size() == 13);
    CHECK_NOTHROW(check_callables());
}

TEST_CASE("a callable has one key in all files that name it") {
    const auto one = test::shared_callables_of_one();
    const auto two = test::shared_callables_of_two();
    REQUIRE(one.size() == two.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
        CAPTURE(one[i].name);
        CHECK(one[i].key == two[i].key);
    }
}

TEST_CASE("a key leads to the callable that it was made for") {
    for (const auto& each : all_callables()) {
        CAPTURE(each.name);
        CHECK(call<int>(each.key, 1).value() == each.at_one);
    }
    CHECK(find_callable(42) == nullptr);
}

TEST_CASE("callables that the linker may have folded into one do the same") {
    auto one = [](int number) { return number - 7; };
    auto other = [](int number) { return number - 7; };
    CHECK(call<int>(callable_key<decltype(one), int>(), 10).value() == 3);
    CHECK(call<int>(callable_key<decltype(other), int>(), 10).value() == 3);
    CHECK_NOTHROW(check_callables());
}

TEST_CASE("a thunk moves the arguments, and brings what the callable throws") {
    auto unwrap = [](std::unique_ptr<int> number) { return std::make_unique<int>(*number + 1); };
    const auto key = callable_key<decltype(unwrap), std::unique_ptr<int>>();
    CHECK(*call<std::unique_ptr<int>>(key, std::make_unique<int>(1)).value() == 2);

    auto fail = [](const std::string& text) { throw std::runtime_error(text); };
    const auto result = call<void>(callable_key<decltype(fail), std::string>(), std::string("no"));
    CHECK_THROWS_WITH_AS(result.value(), "no", std::runtime_error);
}

TEST_CASE("what apply makes of a callable is one") {
    using of_a_tuple = bobbin::applied<bobbin::fn<&test::add_a_hundred>>;
    const auto key = callable_key<of_a_tuple, std::tuple<int>>();
    CHECK(call<int>(key, std::tuple(1)).value() == 101);
}

TEST_CASE("keys are the same in every run of a program, wherever it is loaded") {
    const auto keys = keys_of_another_run();
    CHECK(keys.find("anonymous functor") != std::string::npos);
    CHECK(keys == keys_of_another_run());
    CHECK(keys == test::in_child([] { return print_keys(), 0; }).err);
}

TEST_CASE("prints its keys" * doctest::skip()) {
    print_keys();
}

TEST_CASE("two callables with one key end the program, which says who they are") {
    struct heron {};
    struct stork {};
    const auto end = test::in_child([] {
        callable_entry one{.call = [](void*, void*) noexcept { std::puts("one"); },
                           .type = &typeid(heron),
                           .key = 42};
        callable_entry other{.call = [](void*, void*) noexcept { std::puts("other"); },
                             .type = &typeid(stork),
                             .key = 42};
        const callable_registration a(one);
        check_callables();
        const callable_registration b(other);
        check_callables();
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    INFO(end.err);
    CHECK(end.err.find("two callables have one key, 000000000000002a") != std::string::npos);
    CHECK(end.err.find("::heron") != std::string::npos);
    CHECK(end.err.find("::stork") != std::string::npos);
    // Each with its module and offset.
    const auto first = end.err.find("callable_key_test");
    CHECK(end.err.find("+0x", first) != std::string::npos);
    const auto second = end.err.find("callable_key_test", end.err.find("+0x", first));
    CHECK(end.err.find("+0x", second) != std::string::npos);
}

TEST_CASE("a callable is unknown again when its registration has ended") {
    callable_entry entry{.call = [](void*, void*) noexcept {}, .type = &typeid(int), .key = 43};
    { const callable_registration never_looked_up(entry); }
    CHECK(find_callable(43) == nullptr);
    {
        const callable_registration registration(entry);
        CHECK(find_callable(43) == &entry);
    }
    CHECK(find_callable(43) == nullptr);
}
