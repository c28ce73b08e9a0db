// Goal: map_reduce gives each key what a loop would, in the loop's order, wherever it runs. Method:
// reductions for which the order makes a difference, on a pool in line and on pools of one, two and
// more threads than there are cores, with chunks and windows of several sizes.

#include "every_pool.hpp"

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/workloads/map_reduce.hpp>

#include <doctest/doctest.h>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

std::vector<int> numbers_to(int end) {
    std::vector<int> numbers(static_cast<std::size_t>(end));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

struct joined {
    std::string operator()(std::string&& earlier, std::string&& later) const {
        return std::move(earlier) + std::move(later);
    }
};

// Emits to the keys 0 to 6, and to each several times.
struct digits {
    void operator()(int number, auto& emit) const {
        emit(number % 7, std::to_string(number) + ",");
        emit(number % 7, "again,");
        emit(number % 2, ";");
    }
};

std::unordered_map<int, std::string> digits_in_a_loop(int end) {
    std::unordered_map<int, std::string> texts;
    for (int number = 0; number < end; ++number) {
        texts[number % 7] += std::to_string(number) + ",again,";
        texts[number % 2] += ";";
    }
    return texts;
}

// Fails for 30, and for every later input.
struct fails_from_30 {
    void operator()(int number, auto& emit) const {
        if (number >= 30) {
            throw std::runtime_error(std::to_string(number));
        }
        emit(0, 1);
    }
};

struct refuses {
    int operator()(int, int) const { throw std::domain_error("not these"); }
};

}  // namespace

TEST_CASE("each key's values are reduced in the order of the inputs, on every pool") {
    const auto numbers = numbers_to(500);
    const auto expected = digits_in_a_loop(500);
    tests::on_every_pool([&](auto& pool) {
        for (const bobbin::map_options options : {bobbin::map_options(),
                                                  {.chunk_size = 1, .window = 1},
                                                  {.chunk_size = 3},
                                                  {.chunk_size = 1000},
                                                  {.window = 5}}) {
            CAPTURE(options.chunk_size);
            CAPTURE(options.window);
            CHECK(bobbin::sync_wait(bobbin::map_reduce<int, std::string>(
                      pool, digits(), joined(), numbers, options)) == expected);
        }
    });
}

TEST_CASE("no inputs, and inputs that emit nothing, give no keys") {
    tests::on_every_pool([](auto& pool) {
        CHECK(bobbin::sync_wait(bobbin::map_reduce<int, std::string>(pool, digits(), joined(),
                                                                     std::vector<int>()))
                  .empty());
        const auto silent = [](int, auto&) {};
        CHECK(bobbin::sync_wait(
                  bobbin::map_reduce<int, int>(pool, silent, std::plus<>(), numbers_to(10)))
                  .empty());
    });
}

TEST_CASE("lambdas map and reduce, over any range") {
    tests::on_every_pool([](auto& pool) {
        const auto largest = bobbin::sync_wait(bobbin::map_reduce<char, int>(
            pool, [](int number, auto& emit) { emit(number % 2 == 0 ? 'e' : 'o', number); },
            [](int a, int b) { return a < b ? b : a; }, std::views::iota(0, 1000)));
        CHECK(largest == std::unordered_map<char, int>{{'e', 998}, {'o', 999}});
    });
}

TEST_CASE("values that can only be moved are reduced") {
    using number = std::unique_ptr<int>;
    tests::on_every_pool([](auto& pool) {
        const auto sums = bobbin::sync_wait(bobbin::map_reduce<int, number>(
            pool,
            [](int i, auto& emit) {
                emit(i % 3, std::make_unique<int>(i));
                emit(i % 3, std::make_unique<int>(1));
            },
            [](number a, number b) { return std::make_unique<int>(*a + *b); },
            std::views::iota(0, 30)));
        REQUIRE(sums.size() == 3);
        CHECK(*sums.at(0) == 145);
        CHECK(*sums.at(1) == 155);
        CHECK(*sums.at(2) == 165);
    });
}

TEST_CASE("the error of the first input that fails is thrown, whichever failed first") {
    const auto numbers = numbers_to(100);
    tests::on_every_pool([&](auto& pool) {
        CHECK_THROWS_WITH_AS(bobbin::sync_wait(bobbin::map_reduce<int, int>(
                                 pool, fails_from_30(), std::plus<>(), numbers)),
                             "30", std::runtime_error);
    });
}

TEST_CASE("what the reduction throws is thrown, within a job and between jobs") {
    tests::on_every_pool([](auto& pool) {
        const auto twice = [](int, auto& emit) {
            emit(0, 1);
            emit(0, 1);
        };
        const auto once = [](int, auto& emit) { emit(0, 1); };
        CHECK_THROWS_AS(
            bobbin::sync_wait(bobbin::map_reduce<int, int>(pool, twice, refuses(), numbers_to(1))),
            std::domain_error);
        CHECK_THROWS_AS(
            bobbin::sync_wait(bobbin::map_reduce<int, int>(pool, once, refuses(), numbers_to(2))),
            std::domain_error);
        CHECK(bobbin::sync_wait(bobbin::map_reduce<int, int>(
                  pool, once, refuses(), numbers_to(1))) == std::unordered_map<int, int>{{0, 1}});
    });
}
