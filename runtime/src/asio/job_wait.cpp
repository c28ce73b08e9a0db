// See job_wait.hpp.
#include <bobbin/runtime/detail/asio/job_wait.hpp>
#include <bobbin/runtime/errors.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

std::exception_ptr failure_of(job_core& ended) noexcept {
    switch (ended.status()) {
        case job_status::done:
            return nullptr;
        case job_status::failed:
            ended.seen();
            return ended.error;
        default:
            return error_of<cancelled>();
    }
}

}}}  // namespace bobbin::v0::detail
