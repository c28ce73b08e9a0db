// Waiting for a time without holding a thread.
#pragma once

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/time_span.hpp>

namespace bobbin { inline namespace v0 {

// Suspends for at least `duration`; not at all if it isn't positive. Throws `cancelled` as soon as
// the task is asked to stop, `no_pool` in a task without a pool.
task<void> sleep_for(time_span duration);

// The same until that moment.
task<void> sleep_until(deadline until);

}}  // namespace bobbin::v0
