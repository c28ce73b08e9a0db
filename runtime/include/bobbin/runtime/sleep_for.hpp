// Waiting for a time without holding a thread.
#pragma once

#include <bobbin/runtime/task.hpp>

#include <chrono>

namespace bobbin::inline v0 {

// Suspends for at least `duration`; not at all if it isn't positive. Throws `cancelled` as soon as
// the task is asked to stop, `no_pool` in a task without a pool.
task<void> sleep_for(std::chrono::nanoseconds duration);

// The same until `deadline`.
task<void> sleep_until(std::chrono::steady_clock::time_point deadline);

}  // namespace bobbin::inline v0
