#pragma once

#include <bobbin/ipc/exit_status.hpp>

#include <optional>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// "was killed by …", "exited with …": what a process did, if anybody knows.
std::string describe_end(const std::optional<exit_status>& status);

}}}  // namespace bobbin::v0::ipc::detail
