#pragma once

#include <bobbin/runtime/job_options.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

// Throw std::invalid_argument for what makes no sense.
void check(const job_options& options);
void check(const map_options& options);

}}}  // namespace bobbin::v0::detail
