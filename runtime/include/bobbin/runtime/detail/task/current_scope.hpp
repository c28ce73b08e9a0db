// What a coroutine of the library's needs to know of itself.
#pragma once

#include <bobbin/runtime/detail/task/task_promise.hpp>

#include <coroutine>

namespace bobbin { inline namespace v0 { namespace detail {

// `co_await current_scope()`: the scope that the task belongs to. Does not suspend.
class current_scope {
public:
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) noexcept {
        scope_ = awaiter.promise().scope;
        return false;
    }
    join_scope& await_resume() const noexcept { return *scope_; }
    current_scope await_native() const noexcept { return {}; }

private:
    join_scope* scope_ = nullptr;
};

// `co_await run_in(scope, child)`: runs `child` to its end as a member of `scope`; does not throw
// what it threw.
template <class T>
class run_in {
public:
    run_in(join_scope& scope, task<T>& child) noexcept : scope_(&scope), child_(&child) {}
    run_awaiter<T> await_native() const noexcept { return run_awaiter<T>(*child_, *scope_); }

private:
    join_scope* scope_;
    task<T>* child_;
};

}}}  // namespace bobbin::v0::detail
