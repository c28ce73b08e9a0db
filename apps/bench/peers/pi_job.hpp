#pragma once

#include "peers.hpp"

#include <cstdint>

namespace bench::peers {

// Points of job number `index` that fall inside the circle: the fast kernel of workloads/.
std::uint64_t pi_job(const pi_work& work, std::uint64_t index);

}  // namespace bench::peers
