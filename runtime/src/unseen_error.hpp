#pragma once

#include <exception>

namespace bobbin::inline v0::detail {

// Hands an exception that nobody awaits to the error handler.
void report_unseen(std::exception_ptr error) noexcept;

}  // namespace bobbin::inline v0::detail
