// The limits that control groups set to this process.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace bobbin { inline namespace v0 { namespace detail {

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

// A group's own limit, read from its folder; `no_limit` if it has none.
using group_limit = std::uint64_t (*)(const std::string& folder);

// The least limit of this process's groups and of those around them. `v1` reads the folders of that
// controller ("cpu", "memory") of cgroup v1, `v2` those of the unified hierarchy.
std::uint64_t least_in_control_groups(const std::string& controller, group_limit v1,
                                      group_limit v2);

}}}  // namespace bobbin::v0::detail
