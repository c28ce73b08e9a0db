// What cannot fail goes on without memory: errors are made in any case, and what has to be done is
// tried until it can be.
#pragma once

#include <exception>
#include <new>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// An E made of the arguments; std::bad_alloc if there is no memory for it.
template <class E, class... Args>
std::exception_ptr error_of(Args&&... args) noexcept {
    try {
        return std::make_exception_ptr(E(std::forward<Args>(args)...));
    } catch (...) {
        return std::current_exception();
    }
}

// Sleeps for a moment, in which others may give memory back.
void await_memory() noexcept;

// Calls `step` until it throws no std::bad_alloc. For what nobody can be told of, as the task or
// the job that it is done for has begun long ago; and must not be left out, as it would never end.
// What it has done before it throws must not matter the next time.
template <class Step>
void until_there_is_memory(Step step) {
    for (;;) {
        try {
            return step();
        } catch (const std::bad_alloc&) {
            await_memory();
        }
    }
}

}}}  // namespace bobbin::v0::detail
