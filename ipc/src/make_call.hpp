#pragma once

#include <bobbin/ipc/detail/job_context.hpp>
#include <bobbin/runtime/detail/callable.hpp>
#include <bobbin/runtime/outcome.hpp>

namespace bobbin::inline v0::ipc::detail {

// Calls what `find_callable` found for a key, with the context's arguments; if that is nothing, the
// error says so.
bobbin::outcome<void> make_call(const bobbin::detail::callable_entry* found, job_context& context);

}  // namespace bobbin::inline v0::ipc::detail
