// A scope in which any number of tasks can be started, all of which have ended when it ends.
#pragma once

#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/task.hpp>

#include <atomic>
#include <cassert>
#include <concepts>
#include <coroutine>
#include <exception>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

class nursery;

namespace detail {

template <class T>
inline constexpr bool is_task_type = false;
template <class T>
inline constexpr bool is_task_type<task<T>> = true;

// It is called once, and may consume itself.
template <class F>
using body_call = std::conditional_t<std::is_invocable_v<F&, nursery&>, F&, F&&>;

template <class F>
struct accepted_body {
    static constexpr bool is_possible = std::is_invocable_v<body_call<F>, nursery&>;
    template <class Body>
    static auto returned() {
        if constexpr (is_possible)
            return std::type_identity<std::invoke_result_t<Body, nursery&>>();
        else
            return std::type_identity<void>();
    }
    using result = typename decltype(returned<body_call<F>>())::type;
    static constexpr bool accepted = is_task_type<result>;
    static_assert(accepted,
                  "bobbin: scope: the body must be callable with a nursery& and return a task");
    using type = std::conditional_t<accepted, result, task<void>>;
};

}  // namespace detail

// Starts tasks that belong to a scope. It exists only as the argument of the function given to
// `scope`.
class nursery {
public:
    // For `scope` only.
    explicit nursery(detail::join_scope& enclosing) noexcept;
    nursery(const nursery&) = delete;
    nursery& operator=(const nursery&) = delete;
    ~nursery() {
        // All children have ended; the body still counts if it was never begun. Relaxed: `closing`
        // was the join.
        assert(scope_.remaining.load(std::memory_order_relaxed) <= 1);
    }

    // Starts `child` on the nursery's pool and returns. From any thread, while the scope is open:
    // until its function and all its children have ended, so that a child may always spawn.
    // Children begin in no promised order. After the scope or the pool was stopped, the child is
    // not run: it counts as cancelled. Throws std::logic_error for an empty task, std::bad_alloc,
    // and `pool_closed` in a forked child; then nothing was started.
    void spawn(task<void> child);

    // Asks all that runs in the scope to stop. Children that end as `cancelled` because of it are
    // not an error. From any thread.
    void request_stop() noexcept;

    // The token of this scope, for code that isn't a task. From any thread.
    std::stop_token stop_token();

private:
    template <class F>
    friend auto scope(F body) -> typename detail::accepted_body<F>::type;
    class closing;

    static std::coroutine_handle<> child_ended(detail::join_scope& scope,
                                               detail::promise_base& child) noexcept;
    void record(const detail::promise_base& ended) noexcept;
    closing close() noexcept;
    void throw_first_error();

    struct state : detail::custom_scope {
        using custom_scope::custom_scope;
        nursery* owner = nullptr;
    } scope_;
    std::atomic<bool> failed_{false};      // set by the one that writes `error_`
    std::atomic<bool> cancelled_{false};   // a child was stopped: by the one that writes `stop_`
    std::atomic<bool> stop_asked_{false};  // by `request_stop`
    std::exception_ptr error_;
    std::exception_ptr stop_;  // none: it had not begun
};

// Waits until the last child has ended.
class nursery::closing {
public:
    explicit closing(state& scope) noexcept : scope_(&scope) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter) noexcept {
        scope_->continuation = awaiter;
        // Acquire, with the children's release; release, with the last child's acquire: it sees
        // `continuation`. The body counted as one child.
        return scope_->remaining.fetch_sub(1, std::memory_order_acq_rel) != 1;
    }
    void await_resume() const noexcept {}
    closing await_native() const noexcept { return *this; }

private:
    state* scope_;
};

namespace detail {

// The call itself may throw, with children spawned: that too must end as a task does.
template <class F>
std::invoke_result_t<body_call<F>, nursery&> call_in_task(F& body, nursery& children) {
    co_return co_await static_cast<body_call<F>>(body)(children);
}

}  // namespace detail

// Runs `body(nursery)`, a task, and waits for it and for every task that it or its children
// spawned; then returns what the body returned:
//
//     int n = co_await bobbin::scope([&](bobbin::nursery& children) -> bobbin::task<int> {
//         for (int i = 0; i < 10; ++i) children.spawn(work(i));
//         co_return 10;
//     });
//
// (On g++ 12 name the lambda first if it captures anything with a destructor.)
//
// On every path the children are joined. The first error, of the body or a child, stops the rest
// and is thrown when all have ended. Cancellation of the awaiting task reaches them all, and
// `cancelled` is thrown if it ended any of them.
template <class F>
auto scope(F body) -> typename detail::accepted_body<F>::type {
    if constexpr (detail::accepted_body<F>::accepted) {
        auto& enclosing = co_await detail::current_scope();
        nursery children(enclosing);
        auto main = detail::call_in_task(body, children);
        co_await detail::run_in(children.scope_, main);
        children.record(detail::promise_of(main));
        auto closed = children.close();
        co_await closed;
        children.throw_first_error();
        co_return detail::promise_of(main).take();
    } else {
        co_return;
    }
}

}}  // namespace bobbin::v0
