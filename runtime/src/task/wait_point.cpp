// See wait_point.hpp.
#include <bobbin/runtime/detail/task/run_here.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

void suspended_task::resume() const noexcept {
    resume_here(item, home);
}

}}}  // namespace bobbin::v0::detail
