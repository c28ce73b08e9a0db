#include <bobbin/runtime/detail/fork.hpp>
#include <bobbin/runtime/errors.hpp>

#include <cxxabi.h>
#include <limits>
#include <stdexcept>
#include <typeinfo>

namespace bobbin::inline v0 {

cancelled::cancelled() : std::runtime_error("bobbin: cancelled") {}
timed_out::timed_out() : std::runtime_error("bobbin: timed out") {}

namespace detail {

void promise_base::unhandled_exception() noexcept {
    const auto* type = abi::__cxa_current_exception_type();
    state =
        type != nullptr && *type == typeid(cancelled) ? task_state::cancelled : task_state::error;
    error = std::current_exception();
}

void promise_base::rethrow() const {
    // A task that was stopped before it began has no exception object.
    if (!error) throw cancelled();
    std::rethrow_exception(error);
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
    if (failed_ == nullptr ||
        (failed_->state == task_state::cancelled && child.state == task_state::error))
        failed_ = &child;
}

void first_failure::throw_if_any() const {
    if (failed_ != nullptr) failed_->rethrow_if_failed();
}

}  // namespace detail
}  // namespace bobbin::inline v0
