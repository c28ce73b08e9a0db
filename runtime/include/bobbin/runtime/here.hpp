// Awaiting a foreign awaitable without coming back.
#pragma once

#include <bobbin/runtime/detail/task/foreign.hpp>

#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {

template <class A>
class awaited_here {
public:
    explicit awaited_here(A&& awaitable) noexcept : awaitable_(std::forward<A>(awaitable)) {}
    auto await_native() { return foreign_awaiter<A>(awaitable_, nullptr); }

private:
    A awaitable_;
};

}  // namespace detail

// `co_await bobbin::here(aw)`: as `co_await aw` for an awaitable of another library, but the task
// goes on on the thread that resumed it, even if that is not one of its pool's, until it next
// awaits something that hops: an awaitable of another library without `here`, or a sleep. Tasks
// that it awaits meanwhile, alone or in a group, run on that thread too; spawned ones on the pool.
//
// So does whoever waits for it. If the task ends there, its awaiter goes on there, and if it is the
// last of a group or a scope to end, whoever awaits that: away from their pool, until they in turn
// await something that hops. (To look at every end for this would cost each task something.) A task
// that uses `here` on behalf of others should await something that hops before it ends.
template <class A>
[[nodiscard]] auto here(A&& awaitable) {
    return detail::awaited_here<A>(std::forward<A>(awaitable));
}

}}  // namespace bobbin::v0
