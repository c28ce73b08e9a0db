// Letting others run.
#pragma once

#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>

namespace bobbin { inline namespace v0 {

// `co_await bobbin::reschedule();` The task goes to the end of its pool's queue, behind all that
// waits there and all that its thread has at hand, and goes on when its turn comes, on any thread
// of the pool. For a task that computes for long beside others that wait: after each item of its
// work, say. Costs a lock and a place in the queue, about a hundred nanoseconds, so not after each
// addition. (Timers, sockets and work from outside get their turn without it, as soon as the task
// awaits anything at all.)
//
// Called so rather than "yield", which gives a value in a C++ coroutine, and gives way to nobody in
// particular elsewhere.
//
// A task without a pool just goes on, as there is no queue. Asks nothing about a stop: see
// `this_stop_token`. May throw std::bad_alloc, and then the task goes on at once; `pool_closed` in
// a forked child.
inline detail::requeue_awaiter reschedule() noexcept {
    return {};
}

}}  // namespace bobbin::v0
