// Goal: mc_pi counts exactly what workloads/README.md defines, with every kernel and instruction
// set. Method: compare with the definition written out below, and with figures that were computed
// from the README in another language.

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/workloads/mc_pi.hpp>
#include <bobbin/workloads/mc_pi_scalar.hpp>
#include <bobbin/workloads/random_stream.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

using bobbin::mc_pi;
using bobbin::mc_pi_hits;
using bobbin::mc_pi_isa;
using bobbin::mc_pi_kernel;

namespace {

constexpr std::uint64_t last_seed = std::numeric_limits<std::uint64_t>::max();

constexpr std::array vector_isas = {mc_pi_isa::fastest, mc_pi_isa::avx2, mc_pi_isa::avx512};

// The definition of the fast kernel, in its own words.
std::uint64_t hits_by_definition(std::uint64_t samples, std::uint64_t seed, std::uint64_t job) {
    std::uint64_t hits = 0;
    for (std::uint64_t lane = 0; lane < 32; ++lane) {
        bobbin::xoshiro256plus generator = bobbin::random_stream(seed, job, lane);
        const std::uint64_t points = samples / 32 + (lane < samples % 32 ? 1 : 0);
        for (std::uint64_t point = 0; point < points; ++point) {
            const std::uint64_t number = generator();
            // Exact: long double has 64 bits of precision, and the sum of the squares needs 63.
            const auto x = static_cast<long double>(static_cast<std::int32_t>(number >> 32));
            const auto y = static_cast<long double>(static_cast<std::int32_t>(number));
            hits += x * x + y * y < 0x1p62L ? 1 : 0;
        }
    }
    return hits;
}

// Gives the numbers of a list.
struct listed_numbers {
    using result_type = std::uint64_t;
    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }
    std::uint64_t operator()() { return numbers.at(next++); }

    std::vector<std::uint64_t> numbers;
    std::size_t next = 0;
};

double standard_error(std::uint64_t samples) {
    return std::sqrt(std::numbers::pi * (4 - std::numbers::pi) / static_cast<double>(samples));
}

}  // namespace

TEST_CASE("the fast kernel counts what its definition says, whatever remains after whole rounds") {
    for (std::uint64_t samples = 0; samples <= 100; ++samples) {
        CAPTURE(samples);
        CHECK(mc_pi_hits(samples, 1, 0, mc_pi_kernel::fast, mc_pi_isa::baseline) ==
              hits_by_definition(samples, 1, 0));
    }
    CHECK(mc_pi_hits(100'003, last_seed, 36, mc_pi_kernel::fast, mc_pi_isa::baseline) ==
          hits_by_definition(100'003, last_seed, 36));
}

TEST_CASE("every instruction set gives the same count, or is refused where the machine lacks it") {
    for (const mc_pi_isa isa : vector_isas) {
        CAPTURE(static_cast<int>(isa));
        if (!is_supported(isa)) {
            MESSAGE("not supported here");
            CHECK_THROWS_AS(mc_pi_hits(1, 1, 0, mc_pi_kernel::fast, isa), std::invalid_argument);
            continue;
        }
        for (std::uint64_t samples = 0; samples <= 100; ++samples) {
            CAPTURE(samples);
            CHECK(mc_pi_hits(samples, 1, samples, mc_pi_kernel::fast, isa) ==
                  mc_pi_hits(samples, 1, samples, mc_pi_kernel::fast, mc_pi_isa::baseline));
        }
        CHECK(mc_pi_hits(1'000'003, 5, 3, mc_pi_kernel::fast, isa) ==
              mc_pi_hits(1'000'003, 5, 3, mc_pi_kernel::fast, mc_pi_isa::baseline));
    }
}

TEST_CASE("the fastest instruction set is one that the machine supports") {
    CHECK(bobbin::fastest_mc_pi_isa() != mc_pi_isa::fastest);
    CHECK(is_supported(bobbin::fastest_mc_pi_isa()));
    CHECK(is_supported(mc_pi_isa::fastest));
    CHECK(is_supported(mc_pi_isa::baseline));
}

TEST_CASE("counts are what an independent implementation of the README found") {
    CHECK(mc_pi_hits(100'003, 1, 0, mc_pi_kernel::fast) == 78'663);
    CHECK(mc_pi_hits(100'003, last_seed, 36, mc_pi_kernel::fast) == 78'537);
    CHECK(mc_pi_hits(100'003, 1, 0, mc_pi_kernel::scalar) == 78'649);
    CHECK(mc_pi_hits(100'003, last_seed, 36, mc_pi_kernel::scalar) == 78'600);
}

TEST_CASE("an estimate is 4 * hits / samples and lies within four standard errors of pi") {
    constexpr std::uint64_t samples = 1'000'003;
    for (const mc_pi_kernel kernel : {mc_pi_kernel::scalar, mc_pi_kernel::fast}) {
        for (std::uint64_t job = 0; job < 8; ++job) {
            const double estimate = mc_pi(samples, 42, job, kernel);
            CHECK(estimate == 4.0 * static_cast<double>(mc_pi_hits(samples, 42, job, kernel)) /
                                  static_cast<double>(samples));
            CHECK(std::abs(estimate - std::numbers::pi) < 4 * standard_error(samples));
        }
    }
}

TEST_CASE("no samples are no hits, and no estimate but an error") {
    for (const mc_pi_kernel kernel : {mc_pi_kernel::scalar, mc_pi_kernel::fast}) {
        CHECK(mc_pi_hits(0, 1, 0, kernel) == 0);
        CHECK_THROWS_AS(mc_pi(0, 1, 0, kernel), std::invalid_argument);
    }
    CHECK_THROWS_AS(bobbin::sync_wait(bobbin::mc_pi_task(0, 1, 0)), std::invalid_argument);
}

TEST_CASE("the scalar kernel counts points strictly inside the circle, with any generator") {
    constexpr std::uint64_t minus_one = 0;
    constexpr std::uint64_t zero = std::uint64_t{1} << 63;
    constexpr std::uint64_t almost_one = std::numeric_limits<std::uint64_t>::max();
    listed_numbers coordinates{{minus_one, zero, almost_one}};
    CHECK(bobbin::uniform_coordinate(coordinates) == -1.0);
    CHECK(bobbin::uniform_coordinate(coordinates) == 0.0);
    CHECK(bobbin::uniform_coordinate(coordinates) == 1.0 - 0x1p-26);

    // On the circle, on it, outside; then the middle and the point beside the circle's edge.
    listed_numbers outside{{minus_one, zero, zero, minus_one, minus_one, minus_one}};
    CHECK(bobbin::mc_pi_scalar_hits(3, outside) == 0);
    listed_numbers inside{{zero, zero, almost_one, zero}};
    CHECK(bobbin::mc_pi_scalar_hits(2, inside) == 2);
}

TEST_CASE("as a task on a pool mc_pi gives what it gives when called") {
    bobbin::thread_pool pool({.threads = 2, .name = "test"});
    CHECK(bobbin::sync_wait(pool, bobbin::mc_pi_task(100'003, 7, 3)) == mc_pi(100'003, 7, 3));
}
