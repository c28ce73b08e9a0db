// The one way in for resumptions.
#pragma once

#include <bobbin/runtime/detail/task/work_item.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

class pool_core;

// Every resumption from outside a task goes through here: Asio's completions, foreign callbacks,
// the ends of jobs and maps, tasks that begin without a pool. On a thread of `home` (on any thread,
// if `home` is none) `item` runs now, or, if a task is running on this thread already, right after
// it; on any other thread it is sent to `home`, or forgotten if that is of the process that forked
// this one. May throw std::bad_alloc, and then it will not run.
void run_here(work_item item, pool_core* home);

// The same for a task that has begun: if there is no memory to send it, this waits until there is.
void resume_here(work_item item, pool_core* home) noexcept;

// Runs `item`, which belongs to no pool, on this stack, also while a task is running on this
// thread; returns when it has ended or suspended. May throw std::bad_alloc, and then it will not
// run.
void run_in_line(work_item item);

// After code of the user's was called: ends this process if that code has forked it on a thread of
// a pool's, and came back.
void check_not_stray() noexcept;
[[noreturn]] void end_stray_child() noexcept;

}}}  // namespace bobbin::v0::detail
