// What every task's promise holds, whatever its result.
#pragma once

#include <bobbin/runtime/detail/os/frame_cache.hpp>
#include <bobbin/runtime/detail/task/work_item.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>

namespace bobbin { inline namespace v0 { namespace detail {

class join_scope;

enum class task_state : std::uint8_t { unfinished, value, error, cancelled };

struct promise_base {
    // An awaited task resumes `continuation` at its end. A task in a group has none: it ends
    // through its scope, taking `next_sibling` back first if nobody stole it.
    std::coroutine_handle<> continuation;
    // Set by whoever begins the task.
    join_scope* scope;  // null of what stands for a foreign awaitable
    promise_base* next_sibling;
    std::uint32_t ended_before = 0;  // siblings that ended in this one's chain, not yet counted
    task_state state = task_state::unfinished;
    bool was_asked_to_stop = false;  // when it ended as cancelled, if it had begun
    std::exception_ptr error;

    // Takes the exception that is being handled as the task's end.
    void unhandled_exception() noexcept;

    // Throws what the task ended with, if not with a value.
    void rethrow_if_failed() const {
        if (state != task_state::value) [[unlikely]]
            rethrow();
    }

    // A part of every coroutine, also without optimisation: `whole_frame` depends on it.
    [[gnu::always_inline]] static void* operator new(std::size_t size) {
        return allocate_frame(whole_frame(size));
    }
    [[gnu::always_inline]] static void operator delete(void* frame, std::size_t size) noexcept {
        release_frame(frame, whole_frame(size));
    }

private:
    [[noreturn]] void rethrow() const;
};

// The coroutine of a promise known only by its base. A frame holds the promise at an offset that
// depends on its alignment alone, hence the assertion in `task_promise`.
inline std::coroutine_handle<> handle_of(promise_base& promise) noexcept {
    return std::coroutine_handle<promise_base>::from_promise(promise);
}

// The same of an item.
inline std::coroutine_handle<promise_base> handle_of(work_item item) noexcept {
    return std::coroutine_handle<promise_base>::from_address(
        reinterpret_cast<void*>(item & ~unstarted_bit));
}

inline work_item as_unstarted(promise_base& task) noexcept {
    return as_resumption(handle_of(task)) | unstarted_bit;
}

}}}  // namespace bobbin::v0::detail
