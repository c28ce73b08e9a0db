// From plain code into tasks: start one and block until it has ended.
//
// ThreadSanitizer does not see that one happens before the other if bobbin was not compiled with
// -fsanitize=thread, and may report races that are none.
#pragma once

#include <bobbin/runtime/detail/task/root.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

namespace bobbin { inline namespace v0 {

// Runs `work` on `pool` and blocks this thread until it has ended; returns its result or throws its
// exception. From any thread that is not one of the pool's: there it throws `would_deadlock`; also
// on a thread of another pool, if those of both are all waiting for each other (see job::get).
// Throws `pool_closed` after `close()` or `stop()` and in a forked child, std::bad_alloc; then
// `work` has not begun. After `pool.stop()` meanwhile, a task that has not begun throws
// `cancelled`.
template <class T>
T sync_wait(thread_pool& pool, task<T> work) {
    detail::check_awaitable(work);
    detail::run_and_wait(&detail::core_of(pool), detail::promise_of(work));
    return detail::promise_of(work).take();
}

// Runs `work` without a pool: on this thread, and on whichever thread resumes it; so its children
// run one after another, and timers are not to be had (`no_pool`). Throws `would_deadlock` inside a
// task and on a pool's thread, std::bad_alloc; then `work` has not begun.
template <class T>
T sync_wait(task<T> work) {
    detail::check_awaitable(work);
    detail::run_and_wait(nullptr, detail::promise_of(work));
    return detail::promise_of(work).take();
}

}}  // namespace bobbin::v0
