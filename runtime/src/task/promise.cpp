// How a task's promise takes an exception and gives it on: see promise_base.hpp.
#include <bobbin/runtime/detail/task/cancelled_access.hpp>
#include <bobbin/runtime/detail/task/fork.hpp>
#include <bobbin/runtime/errors.hpp>

#include <cxxabi.h>
#include <limits>
#include <stdexcept>
#include <typeinfo>

namespace bobbin { inline namespace v0 {

cancelled::cancelled() : std::runtime_error("bobbin: cancelled") {}

namespace detail {

void promise_base::unhandled_exception() noexcept {
    const auto* type = abi::__cxa_current_exception_type();
    state =
        type != nullptr && *type == typeid(cancelled) ? task_state::cancelled : task_state::error;
    error = std::current_exception();
    // Now, not when somebody comes to look: it may be asked in the meantime.
    // (What stands for a foreign awaitable has no scope: its task throws it on, and notes it
    // there.)
    if (state == task_state::cancelled && scope != nullptr)
        was_asked_to_stop = scope->stop_requested();
}

void promise_base::rethrow() const {
    // A task that was stopped before it began has no exception object.
    if (!error) throw cancelled();
    std::rethrow_exception(error);
}

void cancelled_access::throw_of_a_job() {
    cancelled error;
    error.of_a_job_ = true;
    throw error;
}

bool cancelled_access::is_of_a_job(const std::exception_ptr& error) noexcept {
    if (error == nullptr) return false;
    try {
        std::rethrow_exception(error);
    } catch (const cancelled& one) {
        return one.of_a_job_;
    } catch (...) {
        return false;
    }
}

void throw_empty_task() {
    throw std::logic_error(
        "bobbin: an empty task was awaited: it was moved from or never assigned");
}

std::uint32_t checked_count(std::size_t count) {
    if (count > std::numeric_limits<std::uint32_t>::max())
        throw std::length_error("bobbin: more than 4294967295 tasks at once; group them");
    return static_cast<std::uint32_t>(count);
}

void first_failure::look_at(const promise_base& child) noexcept {
    if (child.state == task_state::value) return;
    const weight of_child = child.state == task_state::error             ? weight::error
                            : cancelled_access::is_of_a_job(child.error) ? weight::cancelled_job
                                                                         : weight::stopped;
    if (of_child <= weight_) return;
    weight_ = of_child;
    failed_ = &child;
}

void first_failure::throw_if_any() const {
    if (failed_ != nullptr) failed_->rethrow_if_failed();
}

}  // namespace detail
}}  // namespace bobbin::v0
