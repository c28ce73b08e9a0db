// See check_options.hpp.
#include <bobbin/runtime/detail/jobs/check_options.hpp>

#include <stdexcept>

namespace bobbin { inline namespace v0 { namespace detail {

void check(const job_options& options) {
    if (options.timeout < time_span::zero)
        throw std::invalid_argument(
            "bobbin: a timeout must not be negative; leave it out for none");
}

void check(const map_options& options) {
    check(job_options{.timeout = options.timeout});
    if (options.chunk_size == 0)
        throw std::invalid_argument(
            "bobbin: chunk_size must be at least 1; leave it out to have it chosen");
    if (options.window == 0)
        throw std::invalid_argument(
            "bobbin: window must be at least 1; leave it out to have it chosen");
}

}}}  // namespace bobbin::v0::detail
