// See heavy_barrier.hpp.
#include "os/heavy_barrier.hpp"

#include <cstdio>
#include <cstdlib>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace detail {

bool heavy_barrier_available() noexcept {
    static const bool registered =
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return registered;
}

void heavy_barrier() noexcept {
    if (!heavy_barrier_available()) return;
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
    // As after a filter that was put on the process later. Without the barrier a wake-up may be
    // lost, which would show as a program that hangs now and then.
    std::perror("bobbin: membarrier, which the kernel had granted, fails");
    std::abort();
}

}}}  // namespace bobbin::v0::detail
