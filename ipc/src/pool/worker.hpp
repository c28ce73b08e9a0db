// What a worker process does: the jobs of its job ring, until that is closed.
#pragma once

#include "os/owned_descriptor.hpp"

#include <cstdint>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

[[noreturn]] void run_worker(std::uint32_t slot, std::uint32_t depth,
                             std::vector<owned_descriptor> descriptors);

}}}  // namespace bobbin::v0::ipc::detail
