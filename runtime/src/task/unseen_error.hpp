#pragma once

#include <exception>

namespace bobbin { inline namespace v0 { namespace detail {

// Hands an exception that nobody awaits to the error handler.
void report_unseen(std::exception_ptr error) noexcept;

}}}  // namespace bobbin::v0::detail
