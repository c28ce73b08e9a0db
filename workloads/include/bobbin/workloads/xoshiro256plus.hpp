#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace bobbin { inline namespace v0 {

// A small, fast random generator of 64-bit numbers with a period of 2^256 - 1. Its lowest bits are
// its weakest: build numbers from the upper ones.
//
// The algorithm is David Blackman's and Sebastiano Vigna's xoshiro256+ ("Scrambled Linear
// Pseudorandom Number Generators", ACM TOMS 47(4), 2021), which they gave to the public domain.
// A value: copies go on independently from the same state. Not for secrets.
class xoshiro256plus {
public:
    using result_type = std::uint64_t;

    // The four words of the state, in the authors' order. They must not all be 0.
    constexpr xoshiro256plus(std::uint64_t s0, std::uint64_t s1, std::uint64_t s2, std::uint64_t s3)
        : s0_(s0), s1_(s1), s2_(s2), s3_(s3) {}

    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }

    constexpr std::uint64_t operator()() {
        const std::uint64_t result = s0_ + s3_;
        const std::uint64_t shifted = s1_ << 17;
        s2_ ^= s0_;
        s3_ ^= s1_;
        s1_ ^= s2_;
        s0_ ^= s3_;
        s2_ ^= shifted;
        s3_ = std::rotl(s3_, 45);
        return result;
    }

private:
    std::uint64_t s0_;
    std::uint64_t s1_;
    std::uint64_t s2_;
    std::uint64_t s3_;
};

}}  // namespace bobbin::v0
