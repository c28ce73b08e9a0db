// Waiting for a descriptor without holding a thread.
#pragma once

#include <bobbin/runtime/task.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

// Suspends until `descriptor` can be read from, or is at its end. It stays the caller's, and open
// until then. Throws `cancelled` as soon as the task is asked to stop, `no_pool` in a task without
// a pool, std::system_error if there is no descriptor more to be had.
task<void> await_readable(int descriptor);

}}}  // namespace bobbin::v0::detail
