// A task that somebody outside of all tasks can ask to stop.
#pragma once

#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/linked_scope.hpp>
#include <bobbin/runtime/task.hpp>

#include <stop_token>
#include <utility>

namespace bobbin { inline namespace v0 {

// Runs `work`; asks it to stop when that is asked of `token`, on the thread that asks. It is always
// awaited to its end; returns its value, also if that came late, or throws what it threw, which is
// `cancelled` if it stopped. May throw std::bad_alloc, and then `work` has not begun.
template <class T>
task<T> with_stop_token(std::stop_token token, task<T> work) {
    detail::check_awaitable(work);
    auto& enclosing = co_await detail::current_scope();
    detail::linked_scope linked(enclosing, token);
    co_await detail::run_in(linked.scope(), work);
    co_return detail::promise_of(work).take();
}

}}  // namespace bobbin::v0
