// bobbin::task, the unit of work that everything else is made of.
#pragma once

#include <bobbin/runtime/detail/os/needs_rtti.hpp>
#include <bobbin/runtime/detail/task/task_promise.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

// A coroutine that begins when it is awaited, and is awaited once:
//
//     bobbin::task<int> twice(int x) { co_return 2 * x; }
//     int y = co_await twice(21);
//
// T is void, an lvalue reference, or a type that can be moved. An exception that leaves the body is
// thrown by the `co_await`. T, arguments and variables may be over-aligned, as vectors of SIMD are.
//
// Where it runs. A task runs on the pool of the task that awaits it and stays there: after every
// `co_await`, also of an awaitable of another library, it goes on on a thread of that pool (any of
// them). Use `here` to opt out; where a task that did so ends, its awaiter goes on. A task without
// a pool (`sync_wait(task)`) goes on wherever it is resumed.
//
// Lifetime. Awaiting takes the task: the object is empty afterwards, and awaiting that throws
// std::logic_error. A task that was never awaited is destroyed with its arguments (don't nest tasks
// as arguments of tasks a hundred thousand deep); one that has begun is never destroyed before its
// end. Arguments live in the frame: take them by value unless the caller outlives the task, which
// it does in `co_await f(x)`. Do not make a capturing lambda a coroutine unless the lambda outlives
// it.
//
// Threads. A task object is like a unique_ptr: one thread at a time.
template <class T = void>
class [[nodiscard]] task {
    static_assert(!std::is_rvalue_reference_v<T>,
                  "a task may not return an rvalue reference: return the value");

public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    // No task; to be assigned to. Awaiting it throws std::logic_error.
    task() noexcept = default;
    task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        task(std::move(other)).swap(*this);
        return *this;
    }
    ~task() {
        if (handle_) handle_.destroy();
    }

    // False for a task that was moved from.
    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

    void swap(task& other) noexcept { std::swap(handle_, other.handle_); }

private:
    friend detail::task_access;
    friend promise_type;
    explicit task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

template <class T>
inline task<T> detail::task_promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}}  // namespace bobbin::v0
