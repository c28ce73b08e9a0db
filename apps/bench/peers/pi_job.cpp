// See pi_job.hpp.
#include "pi_job.hpp"

#include <bobbin/workloads/mc_pi.hpp>

namespace bench::peers {

std::uint64_t pi_job(const pi_work& work, std::uint64_t index) {
    constexpr std::uint64_t seed = 1;
    return bobbin::mc_pi_hits(work.samples, seed, index);
}

}  // namespace bench::peers
