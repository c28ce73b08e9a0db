// How tasks begin side by side, and how they end: whom a task resumes, and how siblings join.
//
// The children of a fork form a chain in index order; all but the first lie in the deque of the
// worker that forked, the second on top. A child that ends takes its next sibling back if that is
// still on top, tells it how many have ended before it, and transfers. A child that has counted all
// of them so is the last, and no atomic counter was touched. Where the chain breaks (a sibling was
// stolen, or a child was suspended and went on elsewhere), what the chain has counted goes to
// `remaining`.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/promise_base.hpp>

#include <coroutine>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

// Hands control to `to`: what an `await_suspend` returns. Now and then that is the loop, which
// resumes `to` with an unwound stack; see `worker::transfer`.
std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept;

// Opens `scope` inside `enclosing` for `count` children, of which the last resumes `awaiter`;
// begins `first` and makes its siblings available to this thread and to thieves. Each has its scope
// and next sibling set. May throw std::bad_alloc, and std::logic_error for a scope that was opened
// before; then none has begun.
std::coroutine_handle<> start(join_scope& scope, join_scope& enclosing,
                              std::coroutine_handle<> awaiter, std::uint32_t count,
                              promise_base& first);

// Called when `task` is suspended for the last time; what to resume next.
std::coroutine_handle<> finish(promise_base& task) noexcept;

}}}  // namespace bobbin::v0::detail
