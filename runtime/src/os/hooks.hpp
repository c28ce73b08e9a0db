// Where a tracer would attach: empty, and free of cost. The names at the call sites are part of the
// protocols' documentation. (Fault injection: detail/os/fault_point.hpp.)
#pragma once

namespace bobbin { inline namespace v0 { namespace detail {

enum class event { task_stolen, worker_parked, worker_woken, worker_yielded, work_injected };

inline constexpr void trace(event) noexcept {}

}}}  // namespace bobbin::v0::detail
