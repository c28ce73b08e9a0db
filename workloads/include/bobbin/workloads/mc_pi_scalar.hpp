// The readable kernel of mc_pi, with the generator passed in.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <random>

namespace bobbin { inline namespace v0 {

template <class G>
concept generator_of_64_bits = std::uniform_random_bit_generator<G> && G::min()
== 0 && G::max() == std::numeric_limits<std::uint64_t>::max();

// A random multiple of 2^-26 in [-1, 1), from the upper 27 bits of one number of the generator.
// 27 bits and not 53, because the square of such a coordinate and the sum of two squares are exact
// in a double: whether the compiler fuses multiplication and addition changes nothing.
template <generator_of_64_bits G>
double uniform_coordinate(G& generator) {
    return static_cast<double>(generator() >> 37) * 0x1p-26 - 1.0;
}

// How many of `samples` random points (x, y) of the square [-1, 1) x [-1, 1) have
// x * x + y * y < 1. Takes two numbers a point, x first.
template <generator_of_64_bits G>
std::uint64_t mc_pi_scalar_hits(std::uint64_t samples, G& generator) {
    std::uint64_t hits = 0;
    for (std::uint64_t sample = 0; sample < samples; ++sample) {
        const double x = uniform_coordinate(generator);
        const double y = uniform_coordinate(generator);
        if (x * x + y * y < 1.0) {
            ++hits;
        }
    }
    return hits;
}

}}  // namespace bobbin::v0
