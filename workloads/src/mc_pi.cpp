// The face of mc_pi: which kernel runs, and what its hits mean.

#include "mc_pi_kernels.hpp"

#include <bobbin/workloads/mc_pi.hpp>
#include <bobbin/workloads/mc_pi_scalar.hpp>
#include <bobbin/workloads/random_stream.hpp>

#include <stdexcept>

namespace bobbin { inline namespace v0 {

std::uint64_t mc_pi_hits(std::uint64_t samples, std::uint64_t seed, std::uint64_t job,
                         mc_pi_kernel kernel, mc_pi_isa isa) {
    if (kernel == mc_pi_kernel::scalar) {
        xoshiro256plus generator = random_stream(seed, job);
        return mc_pi_scalar_hits(samples, generator);
    }
    if (!is_supported(isa)) {
        throw std::invalid_argument("mc_pi: this machine lacks the instruction set asked for");
    }
    const std::uint64_t origin = stream_origin(seed, job);
    switch (isa == mc_pi_isa::fastest ? fastest_mc_pi_isa() : isa) {
#ifdef __x86_64__
        case mc_pi_isa::avx512:
            return detail::mc_pi_hits_avx512(samples, origin);
        case mc_pi_isa::avx2:
            return detail::mc_pi_hits_avx2(samples, origin);
#endif
        default:
            return detail::mc_pi_hits_baseline(samples, origin);
    }
}

double mc_pi(std::uint64_t samples, std::uint64_t seed, std::uint64_t job, mc_pi_kernel kernel,
             mc_pi_isa isa) {
    if (samples == 0) {
        throw std::invalid_argument("mc_pi: at least 1 sample is needed for an estimate");
    }
    const std::uint64_t hits = mc_pi_hits(samples, seed, job, kernel, isa);
    return 4.0 * static_cast<double>(hits) / static_cast<double>(samples);
}

task<double> mc_pi_task(std::uint64_t samples, std::uint64_t seed, std::uint64_t job,
                        mc_pi_kernel kernel, mc_pi_isa isa) {
    co_return mc_pi(samples, seed, job, kernel, isa);
}

}}  // namespace bobbin::v0
