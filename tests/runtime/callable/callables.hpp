// Callables of two source files whose types have equal names.
#pragma once

#include <bobbin/runtime/detail/jobs/callable.hpp>
#include <bobbin/runtime/fn.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace test {

struct known_callable {
    std::string name;
    std::uint64_t key;
    int at_one;  // what it makes of 1
};

template <class F>
known_callable known(std::string name, const F& f) {
    return {std::move(name), bobbin::detail::callable_key<F, int>(), f(1)};
}

// Of one.cpp and two.cpp.
std::vector<known_callable> own_callables_of_one();
std::vector<known_callable> own_callables_of_two();
std::vector<known_callable> shared_callables_of_one();
std::vector<known_callable> shared_callables_of_two();

// --- one callable, whichever file names it ---

inline int add_a_hundred(int number) {
    return number + 100;
}

struct add_two_hundred {
    int operator()(int number) const { return number + 200; }
};

inline auto first_lambda() {
    return [](int number) { return number + 300; };
}

inline std::vector<known_callable> two_lambdas() {
    auto one = [](int number) { return number + 400; };
    auto other = [](int number) { return number + 500; };
    std::vector<known_callable> all{known("lambda of an inline function", one)};
    all.push_back(known("another lambda of that function", other));
    return all;
}

inline std::vector<known_callable> shared_callables() {
    auto all = two_lambdas();
    all.push_back(known("inline function", bobbin::fn<&add_a_hundred>()));
    all.push_back(known("functor", add_two_hundred()));
    all.push_back(known("lambda returned by an inline function", first_lambda()));
    return all;
}

}  // namespace test
