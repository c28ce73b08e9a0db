// The fast kernel for AVX2: four lanes at a time.

#include "mc_pi_fast.hpp"

#include <immintrin.h>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

struct avx2 {
    using words [[gnu::vector_size(32)]] = std::uint64_t;
    static constexpr unsigned lanes = 4;

    // The difference is negative, its sign bit set, for points inside; it never overflows.
    static unsigned inside(words point) {
        const words difference = square(point >> 32) + square(point) - radius_squared;
        return static_cast<unsigned>(_mm256_movemask_pd(reinterpret_cast<__m256d>(difference)));
    }
    static words square(words lower_halves) {
        const auto signed_halves = reinterpret_cast<__m256i>(lower_halves);
        return reinterpret_cast<words>(_mm256_mul_epi32(signed_halves, signed_halves));
    }
    static unsigned count(unsigned mask) { return static_cast<unsigned>(__builtin_popcount(mask)); }
    static words exclusive_or(words a, words b, words c) { return a ^ b ^ c; }
};

}  // namespace

std::uint64_t mc_pi_hits_avx2(std::uint64_t samples, std::uint64_t origin) {
    return fast_hits<avx2>(samples, origin);
}

}}}  // namespace bobbin::v0::detail
