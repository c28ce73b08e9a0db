// Goal: transform_reduce computes what a loop would, and the same bits wherever it runs. Method: a
// reduction that shows the order of its operands; sums of numbers that round differently in every
// other order.

#include "counted.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/transform_reduce.hpp>

#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using bobbin::transform_reduce;
using test::balanced;
using test::counted;
using test::in_every_place;
using test::in_every_pool;

double awkward(int i) {
    return std::sin(i) * std::exp(i % 40 - 20);
}

}  // namespace

TEST_CASE("transform_reduce adds up a range of any length") {
    in_every_place([](test::place& place) {
        for (const long length : {0L, 1L, 2L, 3L, 1023L, 1024L, 1025L, 2049L, 100'003L}) {
            CAPTURE(length);
            CHECK(place.run(transform_reduce(0L, length, 5L, std::plus<>(), [](long i) {
                return i;
            })) == 5 + length * (length - 1) / 2);
        }
    });
}

TEST_CASE("the initial value alone comes back for an empty range") {
    in_every_place([](test::place& place) {
        const auto never = [](int) -> int { throw std::logic_error("called"); };
        CHECK(place.run(transform_reduce(0, 0, 5, std::plus<>(), never)) == 5);
        CHECK(place.run(transform_reduce(1, 0, 6, std::plus<>(), never)) == 6);
    });
}

TEST_CASE("indices may be of any integral type, to the ends of the type") {
    in_every_place([](test::place& place) {
        const auto one = [](auto) { return 1L; };
        CHECK(place.run(transform_reduce<std::int8_t>(-128, 127, 0L, std::plus<>(), one)) == 255);
        CHECK(place.run(transform_reduce<std::uint8_t>(0, 255, 0L, std::plus<>(), one)) == 255);
        CHECK(place.run(transform_reduce<short>(-3000, 3000, 0L, std::plus<>(), one)) == 6000);
        CHECK(place.run(transform_reduce<unsigned>(4'294'967'000U, 4'294'967'295U, 0L,
                                                   std::plus<>(), one)) == 295);
        CHECK(place.run(transform_reduce(std::numeric_limits<std::int64_t>::max() - 5000,
                                         std::numeric_limits<std::int64_t>::max(), 0L,
                                         std::plus<>(), one)) == 5000);
    });
}

TEST_CASE("operands are reduced in the order of the range: reduce need not commute") {
    std::string expected = "begin,";
    for (int i = 0; i < 5000; ++i) expected += std::to_string(i) + ",";
    in_every_place([&](test::place& place) {
        const auto append = [](std::string left, const std::string& right) { return left + right; };
        const auto text = [](int i) { return std::to_string(i) + ","; };
        CHECK(place.run(transform_reduce(0, 5000, std::string("begin,"), append, text)) ==
              expected);
    });
}

TEST_CASE("a floating-point sum has the same bits in every place, every time") {
    std::optional<std::uint64_t> bits;
    in_every_place([&](test::place& place) {
        for (int round = 0; round < 20; ++round) {
            const double sum = place.run(transform_reduce(0, 20'000, 0.0, std::plus<>(), awkward));
            if (!bits) bits = std::bit_cast<std::uint64_t>(sum);
            CHECK(std::bit_cast<std::uint64_t>(sum) == *bits);
        }
    });
    double in_order = 0;
    for (int i = 0; i < 20'000; ++i) in_order += awkward(i);
    // The test could not fail if the order did not matter.
    CHECK(std::bit_cast<std::uint64_t>(in_order) != *bits);
    CHECK(in_order == doctest::Approx(std::bit_cast<double>(*bits)));
}

TEST_CASE_FIXTURE(balanced, "values are moved from step to step, never copied") {
    in_every_place([](test::place& place) {
        const auto add = [](counted left, counted right) {
            return counted(left.value + right.value);
        };
        const auto one = [](int) { return counted(1); };
        CHECK(place.run(transform_reduce(0, 5000, counted(), add, one)).value == 5000);
        CHECK(counted::copies() == 0);
        CHECK(counted::alive() == 0);

        const auto sum = [](std::unique_ptr<int> left, std::unique_ptr<int> right) {
            *left += *right;
            return left;
        };
        const auto pointer = [](int i) { return std::make_unique<int>(i); };
        CHECK(*place.run(transform_reduce(0, 100, std::make_unique<int>(0), sum, pointer)) == 4950);
    });
}

TEST_CASE("every index is transformed once") {
    in_every_place([](test::place& place) {
        std::atomic<int> calls = 0;
        const auto count = [&](int i) {
            calls.fetch_add(1);
            return static_cast<long>(i);
        };
        CHECK(place.run(transform_reduce(-5000, 5001, 0L, std::plus<>(), count)) == 0);
        CHECK(calls == 10'001);
    });
}

TEST_CASE_FIXTURE(balanced, "an error of either function is thrown, and nothing is left behind") {
    in_every_place([](test::place& place) {
        const auto add = [](counted left, counted right) {
            if (left.value == 1000) throw std::runtime_error("reduce");
            return counted(left.value + right.value);
        };
        const auto one = [](int) { return counted(1); };
        const auto fail = [](int i) {
            if (i == 3333) throw 42;
            return counted(1);
        };
        CHECK_THROWS_AS(place.run(transform_reduce(0, 5000, counted(), add, fail)), int);
        CHECK_THROWS_WITH_AS(place.run(transform_reduce(0, 5000, counted(1000), add, one)),
                             "reduce", std::runtime_error);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("the error of the lowest index is thrown, where one thread calls in order") {
    for (const unsigned threads : {0U, 1U}) {
        test::place place(threads);
        const auto fail = [](int i) -> long {
            if (i >= 3333) throw i;
            return i;
        };
        int thrown = 0;
        try {
            place.run(transform_reduce(0, 5000, 0L, std::plus<>(), fail));
        } catch (int error) {
            thrown = error;
        }
        CHECK(thrown == 3333);
    }
}

TEST_CASE("the pool's stop ends a long reduction") {
    constexpr int length = 200'000'000;
    in_every_pool([](test::place& place) {
        std::atomic<int> calls = 0;
        const auto stop = [&](int) {
            if (calls.fetch_add(1) == 1000) place.pool().stop();
            return 0L;
        };
        CHECK_THROWS_AS(place.run(transform_reduce(0, length, 0L, std::plus<>(), stop)),
                        bobbin::cancelled);
        CHECK(calls < length / 2);
    });
}

TEST_CASE("a stop is seen between two steps of a part, and by those who have just begun one") {
    for (const unsigned threads : {1U, 2U}) {
        test::place place(threads);
        std::atomic<int> calls_after = 0;
        std::atomic<bool> stopped = false;
        // Steps of a millisecond, dozens of them in a part.
        const auto stop = [&](int i) {
            if (stopped) calls_after.fetch_add(1);
            const auto end = std::chrono::steady_clock::now() + 1ms;
            while (std::chrono::steady_clock::now() < end) {
            }
            if (i == 10) {
                place.pool().stop();
                stopped = true;
            }
            return 0L;
        };
        CHECK_THROWS_AS(place.run(transform_reduce(0, 50'000, 0L, std::plus<>(), stop)),
                        bobbin::cancelled);
        CHECK(stopped);
        // The other thread may be past its look, and this one is just between two.
        CHECK(calls_after <= static_cast<int>(threads));
    }
}
