#pragma once

#include <bobbin/ipc/exit_status.hpp>

#include <optional>
#include <string>

namespace bobbin::inline v0::ipc::detail {

// "was killed by …", "exited with …": what a process did, if anybody knows.
std::string describe_end(const std::optional<exit_status>& status);

}  // namespace bobbin::inline v0::ipc::detail
