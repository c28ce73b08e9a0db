// A fork server's child, from the fork on.
#pragma once

#include "owned_descriptor.hpp"
#include "server_packet.hpp"

#include <exception>
#include <sys/types.h>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Closes all descriptors but the standard ones and these.
void close_others(const std::vector<owned_descriptor>& kept) noexcept;

// By a child that could not become a worker, over that worker's socket: if it is for want of memory
// or a std::system_error, as all else is a death like any other.
void tell_why_not(int control, const std::exception& error) noexcept;

// Becomes what is wanted, if the server still lives.
[[noreturn]] void run_child(const child_request& wanted, pid_t server,
                            std::vector<owned_descriptor> descriptors) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
