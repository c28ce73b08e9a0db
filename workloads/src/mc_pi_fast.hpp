// The fast kernel of mc_pi, over an instruction set; ../README.md defines what it computes.
//
// It is compiled once for each instruction set, in files that differ in their compiler flags. A
// function that two such files define under one name would be kept once by the linker, perhaps with
// instructions that the machine lacks. So everything here has internal linkage (an unnamed
// namespace, and templates over types of one), and nothing of the standard library is used but
// types: raw arrays and builtins stand for std::array, std::popcount and std::bit_cast.
#pragma once

#include "mc_pi_kernels.hpp"

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail { namespace {

// What an instruction set offers:
//
//   words              `lanes` numbers of 64 bits, with the operators of an unsigned integer
//   inside(words)      a mask of the lanes whose number, as two signed halves, is a point inside
//   count(mask)        how many bits are set
//   exclusive_or(a, b, c)
//
// The point of a number is (x, y) = (upper half, lower half) / 2^31, so x * x + y * y < 1 becomes a
// comparison of integers that no rounding can disturb.

// NOLINTBEGIN(misc-definitions-in-headers): internal linkage, see above

constexpr unsigned lane_count = 32;
constexpr std::uint64_t radius_squared = std::uint64_t{1} << 62;

// How far past the origin each word of each lane's state lies in the splitmix64 sequence.
struct seed_table {
    std::uint64_t offset[4][lane_count];
};

constexpr seed_table make_seed_table() {
    seed_table table{};
    for (unsigned word = 0; word < 4; ++word) {
        for (unsigned lane = 0; lane < lane_count; ++lane) {
            table.offset[word][lane] = (4 * lane + word + 1) * 0x9e3779b97f4a7c15;
        }
    }
    return table;
}

constexpr seed_table seeds = make_seed_table();

// NOLINTEND(misc-definitions-in-headers)

// xoshiro256+ in Isa::lanes neighbouring lanes at once.
template <class Isa>
struct generator {
    using words = typename Isa::words;

    words s0, s1, s2, s3;

    generator(std::uint64_t origin, unsigned first_lane)
        : s0(seed(origin, 0, first_lane)),
          s1(seed(origin, 1, first_lane)),
          s2(seed(origin, 2, first_lane)),
          s3(seed(origin, 3, first_lane)) {}

    static words seed(std::uint64_t origin, unsigned word, unsigned first_lane) {
        words z;
        __builtin_memcpy(&z, &seeds.offset[word][first_lane], sizeof z);
        z += origin;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    // The step as in xoshiro256plus.hpp, but with each new word written as one exclusive or of
    // three old ones, which AVX-512 has as one instruction.
    words next() {
        const words result = s0 + s3;
        const words s1_before = s1;
        const words turned = s1 ^ s3;
        s1 = Isa::exclusive_or(s0, s2, s1);
        s2 = Isa::exclusive_or(s0, s2, s1_before << 17);
        s0 = Isa::exclusive_or(s1_before, s3, s0);
        s3 = (turned << 45) | (turned >> 19);
        return result;
    }
};

// Hits of one more point in those of the generator's lanes, from `first_lane` on, that are among
// the first `tail`.
template <class Isa>
std::uint64_t tail_hits(generator<Isa>& lanes, unsigned first_lane, unsigned tail) {
    if (tail <= first_lane) {
        return 0;
    }
    const unsigned wanted = tail - first_lane;
    const unsigned mask = wanted < Isa::lanes ? (1U << wanted) - 1 : ~0U;
    return Isa::count(Isa::inside(lanes.next()) & mask);
}

template <class Isa>
std::uint64_t fast_hits(std::uint64_t samples, std::uint64_t origin) {
    const std::uint64_t steps = samples / lane_count;
    const auto tail = static_cast<unsigned>(samples % lane_count);
    std::uint64_t hits = 0;
    // Two generators at a time: one alone would leave the CPU waiting for its next state.
    for (unsigned lane = 0; lane < lane_count; lane += 2 * Isa::lanes) {
        generator<Isa> low(origin, lane);
        generator<Isa> high(origin, lane + Isa::lanes);
        std::uint64_t low_hits = 0;
        std::uint64_t high_hits = 0;
        for (std::uint64_t step = 0; step < steps; ++step) {
            low_hits += Isa::count(Isa::inside(low.next()));
            high_hits += Isa::count(Isa::inside(high.next()));
        }
        hits += low_hits + high_hits;
        hits += tail_hits(low, lane, tail) + tail_hits(high, lane + Isa::lanes, tail);
    }
    return hits;
}

}}}}  // namespace bobbin::v0::detail
