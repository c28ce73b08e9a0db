// A limit on the time that a task may take.
#pragma once

#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/timed_scope.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <string>
#include <utility>

namespace bobbin { inline namespace v0 {

// Runs `work`; when `limit` has passed, asks it to stop. It is always awaited to its end, so a task
// that does not listen is not cut short. Returns its value, also if that came late; throws
// `timed_out` if it was stopped by the limit: if it ended as `cancelled` after having been asked to
// stop; otherwise throws what it threw. So a job that it awaits and that somebody cancels is
// `cancelled`, whether the limit has passed or not. `no_pool` in a task without a pool.
template <class T>
task<T> with_timeout(time_span limit, task<T> work) {
    detail::check_awaitable(work);
    auto& enclosing = co_await detail::current_scope();
    detail::timed_scope timed(enclosing, limit);
    co_await detail::run_in(timed.scope(), work);
    auto& ended = detail::promise_of(work);
    if (timed.has_stopped(ended))
        throw timed_out("bobbin: timed out: the limit of " + to_string(limit) + " has passed");
    co_return ended.take();
}

}}  // namespace bobbin::v0
