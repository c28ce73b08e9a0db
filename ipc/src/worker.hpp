// What a worker process does: the jobs of its lane, until that is closed.
#pragma once

#include "owned_descriptor.hpp"

#include <cstdint>
#include <vector>

namespace bobbin::inline v0::ipc::detail {

// The descriptors that a worker gets, in this order.
enum class worker_descriptor : std::uint8_t { lane, control, bell };

[[noreturn]] void run_worker(std::uint32_t seat, std::uint32_t depth,
                             std::vector<owned_descriptor> descriptors);

}  // namespace bobbin::inline v0::ipc::detail
