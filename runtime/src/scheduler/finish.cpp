// The fork-join path. Everything here but `finish_slowly` runs once for each task.
#include "scheduler/worker.hpp"

#include <bobbin/runtime/detail/task/finish.hpp>

#include <cassert>
#include <stdexcept>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Counts `ended` children of `scope`; what to resume next.
std::coroutine_handle<> arrive(join_scope& scope, std::uint32_t ended, worker& self) noexcept {
    const auto continuation = scope.continuation;
    assert(ended > 0 && ended <= scope.count);
    // Acquire and release: the last to arrive sees what all the others wrote. Anyone but the last
    // must not touch the scope any more.
    if (ended == scope.count ||
        scope.remaining.fetch_sub(ended, std::memory_order_acq_rel) == ended) [[likely]]
        return self.transfer(continuation);
    return std::noop_coroutine();
}

std::coroutine_handle<> finish_slowly(promise_base& child, worker& self) noexcept;

// Begins a sibling that was taken back, if no scope around it was stopped.
[[gnu::noinline]] std::coroutine_handle<> begin_unless_stopped(promise_base& child,
                                                               worker& self) noexcept {
    self.looked_further();
    if (!child.scope->stop_requested()) return self.transfer(handle_of(child));
    child.state = task_state::cancelled;
    return finish_slowly(child, self);
}

// Errors, stopped scopes, when_any, nurseries, roots.
[[gnu::noinline]] std::coroutine_handle<> finish_slowly(promise_base& child,
                                                        worker& self) noexcept {
    join_scope& scope = *child.scope;
    if (scope.kind == join_kind::custom) return self.ended(child);

    promise_base* last = &child;
    std::uint32_t ended = child.ended_before + 1;
    for (;;) {
        if (scope.kind == join_kind::first) {
            promise_base* none = nullptr;
            // Relaxed: read after the join.
            static_cast<first_scope&>(scope).first_ended.compare_exchange_strong(
                none, last, std::memory_order_relaxed);
            scope.stop.request_stop();
        } else if (last->state != task_state::value) {
            scope.stop.request_stop();
        }
        promise_base* next = last->next_sibling;
        if (next == nullptr || !self.deque.pop_if(as_unstarted(*next)))
            return arrive(scope, ended, self);
        if (!scope.stop_requested()) {
            next->ended_before = ended;
            return self.transfer(handle_of(*next));
        }
        // A sibling that has not begun never will.
        next->state = task_state::cancelled;
        last = next;
        ++ended;
    }
}

[[noreturn, gnu::noinline]] void throw_awaited_twice() {
    throw std::logic_error("bobbin: this group of tasks was awaited before");
}

}  // namespace

std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept {
    return current_worker->transfer(to);
}

std::coroutine_handle<> start(join_scope& scope, join_scope& enclosing,
                              std::coroutine_handle<> awaiter, std::uint32_t count,
                              promise_base& first) {
    worker& self = *current_worker;
    if (scope.count != 0) [[unlikely]]
        throw_awaited_twice();
    const auto others = count - 1;
    self.reserve(others);
    scope.open(enclosing, awaiter, count);
    if (others > 0) [[likely]] {
        if (others == 1) [[likely]]
            self.push(as_unstarted(*first.next_sibling));
        else
            self.deque.push_reversed(others, [next = &first]() mutable {
                next = next->next_sibling;
                return as_unstarted(*next);
            });
        self.pushed();
    }
    return self.transfer(handle_of(first));
}

std::coroutine_handle<> finish(promise_base& task) noexcept {
    worker& self = *current_worker;
    assert(task.state != task_state::unfinished);
    if (task.continuation) return self.transfer(task.continuation);
    join_scope& scope = *task.scope;
    if (scope.kind != join_kind::all || task.state != task_state::value || !scope.stop.untouched())
        [[unlikely]]
        return finish_slowly(task, self);
    const std::uint32_t ended = task.ended_before + 1;
    if (promise_base* next = task.next_sibling;
        next != nullptr && self.deque.pop_if(as_unstarted(*next))) [[likely]] {
        next->ended_before = ended;
        if (self.should_look_further()) [[unlikely]]
            return begin_unless_stopped(*next, self);
        return self.transfer(handle_of(*next));
    }
    return arrive(scope, ended, self);
}

}}}  // namespace bobbin::v0::detail
