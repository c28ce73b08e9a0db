// See driver_thread.hpp.
#include "pool/driver_thread.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

driver_thread::driver_thread()
    : pool_(std::make_unique<thread_pool>(thread_pool_options{.threads = 1, .name = "bobbin-ipc"})),
      core_(&bobbin::detail::core_of(*pool_)),
      doorbell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!doorbell_) throw std::system_error(errno, std::generic_category(), "bobbin: eventfd");
}

pool_descriptor driver_thread::watch(int descriptor) {
    owned_descriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy) throw std::system_error(errno, std::generic_category(), "bobbin: dup");
    pool_descriptor watched(*pool_);
    watched.assign(copy.get());
    static_cast<void>(copy.release());  // it has it now
    return watched;
}

void driver_thread::end() noexcept {
    // What runs there finds the pool by the pointer: so it is not reset before that has ended.
    delete pool_.get();
    static_cast<void>(pool_.release());
}

}}}  // namespace bobbin::v0::ipc::detail
