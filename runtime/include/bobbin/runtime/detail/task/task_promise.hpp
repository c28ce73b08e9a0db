// The promise of `task<T>`: its result, and what `co_await` means inside a task.
#pragma once

#include <bobbin/runtime/detail/task/finish.hpp>
#include <bobbin/runtime/detail/task/foreign.hpp>
#include <bobbin/runtime/detail/task/result_slot.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

template <class T>
class task;

namespace detail {

template <class T>
class task_promise;

struct task_access {
    template <class T>
    static std::coroutine_handle<task_promise<T>> handle(const task<T>& of) noexcept {
        return of.handle_;
    }
    // From here on the frame is somebody else's.
    template <class T>
    static void release(task<T>& from) noexcept {
        from.handle_ = nullptr;
    }
};

template <class T>
task_promise<T>& promise_of(const task<T>& of) noexcept {
    return task_access::handle(of).promise();
}

// Throws std::logic_error for a task that was moved from or never made.
[[noreturn]] void throw_empty_task();
template <class T>
void check_awaitable(const task<T>& given) {
    if (!given) [[unlikely]]
        throw_empty_task();
}

class final_awaiter {
public:
    final_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> ended) const noexcept {
        return finish(ended.promise());
    }
    void await_resume() const noexcept {}
};

// Makes `child` the next to run, on behalf of `awaiter`.
template <class T, class P>
std::coroutine_handle<> begin(const task<T>& child, join_scope* scope,
                              std::coroutine_handle<P> awaiter) noexcept {
    auto& promise = promise_of(child);
    promise.continuation = awaiter;
    promise.scope = scope != nullptr ? scope : awaiter.promise().scope;
    return transfer(task_access::handle(child));
}

// Owns the task that it runs: a task is awaited once, and its frame goes with the await.
template <class T>
class task_awaiter {
public:
    explicit task_awaiter(task<T>&& child) noexcept : child_(std::move(child)) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> awaiter) noexcept {
        return begin(child_, nullptr, awaiter);
    }
    T await_resume() { return promise_of(child_).take(); }

private:
    task<T> child_;
};

// Runs a task in `scope`; its result is the caller's to take.
template <class T>
class run_awaiter {
public:
    run_awaiter(const task<T>& child, join_scope& scope) noexcept
        : child_(&child), scope_(&scope) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> awaiter) noexcept {
        return begin(*child_, scope_, awaiter);
    }
    void await_resume() const noexcept {}

private:
    const task<T>* child_;
    join_scope* scope_;
};

// An awaitable of the library's: it knows tasks, is awaited where it stands, and never leaves its
// pool's threads.
template <class A>
concept native = requires(A& awaitable) {
    awaitable.await_native();
};

// Specialised for awaitables that are not ours: `adapt(A&&)` gives one that is native.
template <class A>
struct adapter {};
template <class A>
concept adapted = requires(A&& awaitable) {
    adapter<std::remove_cvref_t<A>>::adapt(std::forward<A>(awaitable));
};

// In place of what does not compile, so that nothing else does not.
struct refused_awaiter : std::suspend_never {
    struct anything {
        template <class T>
        operator T() const;  // NOLINT(google-explicit-constructor): it is for conversions
    };
    anything await_resume() const noexcept { return {}; }
    refused_awaiter await_native() const noexcept { return {}; }
};

// What `co_await` means in a coroutine of the library's whose promise is a `Promise`, which is a
// promise_base.
template <class Promise>
class awaiting : public Promise {
public:
    template <class U>
    task_awaiter<U> await_transform(task<U>&& child) {
        check_awaitable(child);
        return task_awaiter<U>(std::move(child));
    }
    template <class U>
    void await_transform(task<U>&) {
        static_assert(sizeof(U) == 0, "a task is awaited once: write co_await std::move(task)");
    }
    template <native A>
    auto await_transform(A&& awaitable) {
        return std::forward<A>(awaitable).await_native();
    }
    template <adapted A>
    auto await_transform(A&& awaitable) {
        return adapter<std::remove_cvref_t<A>>::adapt(std::forward<A>(awaitable)).await_native();
    }
    template <class A>
    auto await_transform(A&& awaitable) {
        static_assert(awaitable_type<A>,
                      "co_await needs an awaitable: a task, or a type with the "
                      "await_ready, await_suspend and await_resume functions");
        if constexpr (awaitable_type<A>)
            return foreign_awaiter<A>(awaitable, this->scope->pool);
        else
            return refused_awaiter();
    }
};

template <class T>
class task_promise : public awaiting<result_slot<T>> {
public:
    task_promise() noexcept {
        static_assert(alignof(task_promise) <= usual_alignment, "or `handle_of` misses it");
    }
    task<T> get_return_object() noexcept;
    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_awaiter final_suspend() const noexcept { return {}; }
};

}  // namespace detail
}}  // namespace bobbin::v0
