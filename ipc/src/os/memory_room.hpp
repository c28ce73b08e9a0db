#pragma once

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// How many more bytes of memory this process may take, as the machine and its control groups say
// now.
std::uint64_t memory_room();

// How many bytes this process has in the machine's memory now; 0 if that can't be read.
std::uint64_t resident_memory();

}}}  // namespace bobbin::v0::ipc::detail
