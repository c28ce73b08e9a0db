// See last_call.hpp.
#include "process/last_call.hpp"

#include "process/make_call.hpp"

#include <cstdio>
#include <exception>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void last_call::keep(const bobbin::detail::callable_entry* what,
                     std::span<const std::byte> arguments) {
    arguments_.assign(arguments.begin(), arguments.end());
    what_ = what;
    is_kept_ = true;
}

void last_call::run(job_context& context) noexcept {
    if (!is_kept_) return;
    try {
        context.arguments = arguments_;
        make_call(what_, context).value();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bobbin: worker %d: its finalizer failed: %s\n", ::getpid(),
                     error.what());
    } catch (...) {
        std::fprintf(stderr,
                     "bobbin: worker %d: its finalizer failed by an exception that is none of "
                     "std's\n",
                     ::getpid());
    }
}

}}}  // namespace bobbin::v0::ipc::detail
