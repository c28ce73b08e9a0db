#pragma once

#include <bobbin/runtime/job_options.hpp>

namespace bobbin::inline v0::detail {

// Throw std::invalid_argument for what makes no sense.
void check(const job_options& options);
void check(const map_options& options);

}  // namespace bobbin::inline v0::detail
