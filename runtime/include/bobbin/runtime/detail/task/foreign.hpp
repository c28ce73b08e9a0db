// Awaiting what is not ours. A foreign awaitable may resume its awaiter on any thread, at any
// moment. So a task never hands itself to one: a small coroutine awaits in its place, and when that
// has been resumed from outside, `resume_here` takes the task back to its pool.
#pragma once

#include <bobbin/runtime/detail/task/finish.hpp>
#include <bobbin/runtime/detail/task/result_slot.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
    if constexpr (requires { std::forward<A>(awaitable).operator co_await(); })
        return std::forward<A>(awaitable).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<A>(awaitable)); })
        return operator co_await(std::forward<A>(awaitable));
    else
        return std::forward<A>(awaitable);
}

template <class A>
concept awaitable_type = requires(A&& awaitable, std::coroutine_handle<> awaiting) {
    awaiter_of(std::forward<A>(awaitable)).await_ready();
    awaiter_of(std::forward<A>(awaitable)).await_suspend(awaiting);
    awaiter_of(std::forward<A>(awaitable)).await_resume();
};

// What awaiting gives; a value for an rvalue reference, as what that refers to may be gone.
template <class A, class R = decltype(awaiter_of(std::declval<A>()).await_resume())>
using awaited_type = std::conditional_t<std::is_rvalue_reference_v<R>, std::remove_cvref_t<R>, R>;

// Whether the coroutine was resumed from outside, or ran through on its awaiter's stack.
enum class resumed_by : bool { its_awaiter, a_stranger };

template <class T>
class foreign_call;

template <class T>
class foreign_promise : public result_slot<T> {
public:
    struct final_awaiter {
        final_awaiter() noexcept {}
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(
            std::coroutine_handle<foreign_promise> ended) const noexcept {
            auto& promise = ended.promise();
            if (promise.by == resumed_by::its_awaiter) return transfer(promise.continuation);
            // The frame may be gone when this returns.
            resume_here(as_resumption(promise.continuation), promise.home);
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    foreign_promise() noexcept { this->scope = nullptr; }  // see promise_base
    foreign_call<T> get_return_object() noexcept;
    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_awaiter final_suspend() const noexcept { return {}; }

    pool_core* home = nullptr;
    resumed_by by = resumed_by::its_awaiter;
};

template <class T>
class foreign_call {
public:
    using promise_type = foreign_promise<T>;
    explicit foreign_call(std::coroutine_handle<promise_type> own) noexcept : handle(own) {}
    foreign_call(const foreign_call&) = delete;
    foreign_call& operator=(const foreign_call&) = delete;
    ~foreign_call() { handle.destroy(); }
    const std::coroutine_handle<promise_type> handle;
};

template <class T>
foreign_call<T> foreign_promise<T>::get_return_object() noexcept {
    return foreign_call<T>(std::coroutine_handle<foreign_promise>::from_promise(*this));
}

// Stands between the coroutine and the foreign awaiter to see whether it suspends.
template <class A>
class watched_awaiter {
public:
    explicit watched_awaiter(A& awaitable) : awaiter_(awaiter_of(std::forward<A>(awaitable))) {}
    bool await_ready() { return awaiter_.await_ready(); }
    template <class T>
    auto await_suspend(std::coroutine_handle<foreign_promise<T>> waiting) {
        auto& promise = waiting.promise();
        promise.by = resumed_by::a_stranger;
        // From here on the coroutine may be running elsewhere, unless the awaiter declines.
        if constexpr (std::is_same_v<decltype(awaiter_.await_suspend(waiting)), bool>) {
            const bool suspended = awaiter_.await_suspend(waiting);
            if (!suspended) promise.by = resumed_by::its_awaiter;
            return suspended;
        } else {
            return awaiter_.await_suspend(waiting);
        }
    }
    decltype(auto) await_resume() { return awaiter_.await_resume(); }

private:
    decltype(awaiter_of(std::declval<A>())) awaiter_;
};

template <class A>
foreign_call<awaited_type<A>> call_foreign(A& awaitable) {
    co_return co_await watched_awaiter<A>(awaitable);
}

// What a task awaits in place of the foreign awaitable, which outlives it as the operand does.
template <class A>
class foreign_awaiter {
public:
    foreign_awaiter(std::remove_reference_t<A>& awaitable, pool_core* home)
        : call_(call_foreign<A>(awaitable)) {
        call_.handle.promise().home = home;
    }
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        call_.handle.promise().continuation = awaiter;
        return transfer(call_.handle);
    }
    awaited_type<A> await_resume() { return call_.handle.promise().take(); }

private:
    foreign_call<awaited_type<A>> call_;
};

}}}  // namespace bobbin::v0::detail
