// Where tracing and fault injection attach. Both are empty and cost nothing until a build turns
// them on; the names at the call sites are part of the protocols' documentation.
#pragma once

namespace bobbin::inline v0::detail {

enum class event { task_stolen, worker_parked, worker_woken, worker_yielded, work_injected };

inline constexpr void trace(event) noexcept {}
inline constexpr void fault_point(const char*) noexcept {}

}  // namespace bobbin::inline v0::detail
