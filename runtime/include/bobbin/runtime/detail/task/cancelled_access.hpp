// Why somebody was cancelled: because the task itself was to stop, or because a job that it awaited
// was. The exception says so itself, on its way through any number of tasks.
#pragma once

#include <bobbin/runtime/errors.hpp>

#include <exception>

namespace bobbin { inline namespace v0 { namespace detail {

struct cancelled_access {
    [[noreturn]] static void throw_of_a_job();
    static bool is_of_a_job(const std::exception_ptr& error) noexcept;
};

}}}  // namespace bobbin::v0::detail
