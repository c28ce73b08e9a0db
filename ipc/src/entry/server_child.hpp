// A fork server's child, from the fork on.
#pragma once

#include "os/owned_descriptor.hpp"
#include "process/server_packet.hpp"

#include <sys/types.h>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Closes all descriptors but the standard ones and these.
void close_others(const std::vector<owned_descriptor>& kept) noexcept;

// Becomes what is wanted, if the server still lives.
[[noreturn]] void run_child(const child_request& wanted, pid_t server,
                            std::vector<owned_descriptor> descriptors) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
