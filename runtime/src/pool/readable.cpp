// See readable.hpp.
#include "scheduler/asio_wait.hpp"

#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/detail/pool/readable.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>

#include <cerrno>
#include <fcntl.h>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace detail {

// A copy is what Asio watches and closes: so several may wait for one descriptor.
task<void> await_readable(int descriptor) {
    auto& scope = co_await current_scope();
    auto& pool = pool_of(scope);
    if (scope.stop_requested()) throw cancelled();
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        throw std::system_error(errno, std::generic_category(), "bobbin: awaiting a descriptor");
    asio_wait wait(pool, pool_descriptor(pool.asio(), copy), scope);
    decltype(wait)::reference until_then(wait);
    co_await until_then;
}

}}}  // namespace bobbin::v0::detail
