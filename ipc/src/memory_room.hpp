#pragma once

#include <cstdint>

namespace bobbin::inline v0::ipc::detail {

// How many bytes more this process may take, by what the machine and its control groups say now.
std::uint64_t memory_room();

}  // namespace bobbin::inline v0::ipc::detail
