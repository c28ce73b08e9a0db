// The fast kernel, as compiled for each instruction set.
//
// Included where AVX code is generated, so it holds declarations only: see mc_pi_fast.hpp.
#pragma once

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

// Hits among `samples` points of the job whose streams begin at `origin` (see random_stream.hpp).
// Each may be called only where its instruction set is supported.
std::uint64_t mc_pi_hits_baseline(std::uint64_t samples, std::uint64_t origin);
std::uint64_t mc_pi_hits_avx2(std::uint64_t samples, std::uint64_t origin);
std::uint64_t mc_pi_hits_avx512(std::uint64_t samples, std::uint64_t origin);

}}}  // namespace bobbin::v0::detail
