#pragma once

#include <cstdint>

namespace bobbin::inline v0::ipc::detail {

// How many bytes more the control groups of this process let it take, by what they say now.
std::uint64_t memory_room();

}  // namespace bobbin::inline v0::ipc::detail
