// Goal: jobs, lanes and seeds have streams of their own that look independent. Method: hits of
// Monte-Carlo pi per job, whose distribution is known exactly. All seeds are fixed, so a failure is
// no bad luck; a true generator exceeds 4 standard deviations once in 16,000 such checks.

#include <bobbin/workloads/mc_pi.hpp>
#include <bobbin/workloads/mc_pi_scalar.hpp>
#include <bobbin/workloads/random_stream.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <numbers>
#include <vector>

using bobbin::mc_pi_kernel;

namespace {

constexpr std::uint64_t job_count = 10'000;

// How many standard deviations a number of hits is off its expectation.
double deviation(std::uint64_t hits, std::uint64_t samples) {
    constexpr double probability = std::numbers::pi / 4;
    const auto n = static_cast<double>(samples);
    return (static_cast<double>(hits) - n * probability) /
           std::sqrt(n * probability * (1 - probability));
}

std::vector<double> deviations_of_jobs(std::uint64_t seed, mc_pi_kernel kernel) {
    constexpr std::uint64_t samples = 10'000;
    std::vector<double> deviations;
    for (std::uint64_t job = 0; job < job_count; ++job) {
        deviations.push_back(deviation(bobbin::mc_pi_hits(samples, seed, job, kernel), samples));
    }
    return deviations;
}

// Of the sum of the squares, which is chi-square distributed: normal, nearly.
double z_of_spread(const std::vector<double>& deviations) {
    double sum = 0;
    for (const double d : deviations) {
        sum += d * d;
    }
    const auto n = static_cast<double>(deviations.size());
    return (sum - n) / std::sqrt(2 * n);
}

double z_of_mean(const std::vector<double>& deviations) {
    double sum = 0;
    for (const double d : deviations) {
        sum += d;
    }
    return sum / std::sqrt(static_cast<double>(deviations.size()));
}

// Of the correlation between a[i] and b[i + shift].
double z_of_correlation(const std::vector<double>& a, const std::vector<double>& b,
                        std::size_t shift = 0) {
    double sum = 0;
    for (std::size_t i = 0; i + shift < a.size(); ++i) {
        sum += a[i] * b[i + shift];
    }
    return sum / std::sqrt(static_cast<double>(a.size() - shift));
}

}  // namespace

TEST_CASE("xoshiro256+ gives the numbers its authors' implementation gives") {
    bobbin::xoshiro256plus generator(1, 2, 3, 4);
    CHECK(generator() == 5);
    CHECK(generator() == 211106232532999);
    CHECK(generator() == 211106635186183);
    CHECK(generator() == 9223759065350669058U);
    CHECK(generator() == 9250833439874351877U);
    CHECK(generator() == 13862484359527728515U);
}

TEST_CASE("a stream begins as an independent implementation of the README found") {
    CHECK(bobbin::random_stream(1, 0)() == 0x2547c624076b8cc7);
    CHECK(bobbin::random_stream(~std::uint64_t{0}, (std::uint64_t{1} << 57) - 1, 31)() ==
          0x43e833e6482e20e0);
}

TEST_CASE("the lanes of 10,000 jobs of two seeds are 640,000 different streams") {
    std::vector<std::uint64_t> first_numbers;
    for (const std::uint64_t seed : {1U, 2U}) {
        for (std::uint64_t job = 0; job < job_count; ++job) {
            for (std::uint64_t lane = 0; lane < bobbin::lanes_per_job; ++lane) {
                first_numbers.push_back(bobbin::random_stream(seed, job, lane)());
            }
        }
    }
    std::sort(first_numbers.begin(), first_numbers.end());
    CHECK(std::adjacent_find(first_numbers.begin(), first_numbers.end()) == first_numbers.end());
}

TEST_CASE("10,000 jobs of 10,000 samples scatter around pi as they should") {
    for (const std::uint64_t seed : {0U, 1U, 2U, 12345U}) {
        CAPTURE(seed);
        const std::vector<double> deviations = deviations_of_jobs(seed, mc_pi_kernel::fast);
        CHECK(std::abs(z_of_mean(deviations)) < 4);
        CHECK(std::abs(z_of_spread(deviations)) < 4);
    }
    const std::vector<double> deviations = deviations_of_jobs(1, mc_pi_kernel::scalar);
    CHECK(std::abs(z_of_mean(deviations)) < 4);
    CHECK(std::abs(z_of_spread(deviations)) < 4);
}

TEST_CASE("neighbouring jobs and neighbouring seeds are not correlated") {
    const std::vector<double> seed_1 = deviations_of_jobs(1, mc_pi_kernel::fast);
    const std::vector<double> seed_2 = deviations_of_jobs(2, mc_pi_kernel::fast);
    for (const std::size_t distance : {1U, 2U, 4U, 32U}) {
        CAPTURE(distance);
        CHECK(std::abs(z_of_correlation(seed_1, seed_1, distance)) < 4);
    }
    CHECK(std::abs(z_of_correlation(seed_1, seed_2)) < 4);
    CHECK(std::abs(z_of_correlation(seed_1, seed_2, 1)) < 4);
}

TEST_CASE("jobs of 100,003 samples have equal hits about as often as chance has it") {
    // 37 jobs are 666 pairs, of which 1.44 are equal on average: in 100 seeds 144, give or take 12.
    int equal_pairs = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        std::vector<std::uint64_t> hits;
        for (std::uint64_t job = 0; job < 37; ++job) {
            hits.push_back(bobbin::mc_pi_hits(100'003, seed, job));
            equal_pairs += static_cast<int>(std::count(hits.begin(), hits.end() - 1, hits.back()));
        }
    }
    CHECK(equal_pairs > 144 - 4 * 12);
    CHECK(equal_pairs < 144 + 4 * 12);
}

TEST_CASE("neighbouring lanes of a job are not correlated") {
    constexpr std::uint64_t samples = 200;
    std::vector<double> deviations;
    for (std::uint64_t job = 0; job < 1'000; ++job) {
        for (std::uint64_t lane = 0; lane < bobbin::lanes_per_job; ++lane) {
            bobbin::xoshiro256plus generator = bobbin::random_stream(1, job, lane);
            deviations.push_back(deviation(bobbin::mc_pi_scalar_hits(samples, generator), samples));
        }
    }
    CHECK(std::abs(z_of_spread(deviations)) < 4);
    for (const std::size_t distance : {1U, 2U, 8U, 16U, 32U}) {
        CAPTURE(distance);
        CHECK(std::abs(z_of_correlation(deviations, deviations, distance)) < 4);
    }
}
