// What one process wakes another by that sleeps beside descriptors: an eventfd.
#pragma once

#include <cerrno>
#include <sys/eventfd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// False if that is no doorbell: the program has closed it. One that is full has been rung, and any
// number of rings is one.
inline bool ring(int doorbell) noexcept {
    while (::eventfd_write(doorbell, 1) != 0)
        if (errno != EINTR) return errno == EAGAIN;
    return true;
}

// Takes the rings back; if there are none it sleeps, unless the doorbell is one that doesn't. It
// may return without: whoever calls this looks what there is in any case.
inline void take_rings(int doorbell) noexcept {
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(doorbell, &count));
}

}}}  // namespace bobbin::v0::ipc::detail
