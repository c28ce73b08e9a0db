// The fast kernel for AVX-512: eight lanes at a time.

#include "mc_pi_fast.hpp"

#include <immintrin.h>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

struct avx512 {
    using words [[gnu::vector_size(64)]] = std::uint64_t;
    static constexpr unsigned lanes = 8;

    static unsigned inside(words point) {
        const words limit = words{} + radius_squared;
        const words distance_squared = square(point >> 32) + square(point);
        return _mm512_cmplt_epu64_mask(reinterpret_cast<__m512i>(distance_squared),
                                       reinterpret_cast<__m512i>(limit));
    }
    // The masked form with a full mask: g++ 12's header warns of itself in the plain one.
    static words square(words lower_halves) {
        const auto signed_halves = reinterpret_cast<__m512i>(lower_halves);
        return reinterpret_cast<words>(_mm512_maskz_mul_epi32(0xff, signed_halves, signed_halves));
    }
    static unsigned count(unsigned mask) { return static_cast<unsigned>(__builtin_popcount(mask)); }
    static words exclusive_or(words a, words b, words c) {
        constexpr int truth_table = 0x96;
        return reinterpret_cast<words>(
            _mm512_ternarylogic_epi64(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b),
                                      reinterpret_cast<__m512i>(c), truth_table));
    }
};

}  // namespace

std::uint64_t mc_pi_hits_avx512(std::uint64_t samples, std::uint64_t origin) {
    return fast_hits<avx512>(samples, origin);
}

}}}  // namespace bobbin::v0::detail
