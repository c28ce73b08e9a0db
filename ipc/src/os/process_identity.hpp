// Which process a number means: numbers are used again.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The number in the lower half, and when it started in the upper; 0 if there is no such process, or
// it has ended and nobody has asked for its status yet. Throws std::system_error if that can't be
// read.
std::uint64_t process_identity(pid_t number);

inline pid_t number_of(std::uint64_t identity) noexcept {
    return static_cast<pid_t>(identity & 0xffffffffU);
}

inline bool is_alive(std::uint64_t identity) {
    return process_identity(number_of(identity)) == identity;
}

}}}  // namespace bobbin::v0::ipc::detail
