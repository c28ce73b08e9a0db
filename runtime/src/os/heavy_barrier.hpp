// The expensive half of an asymmetric barrier.
#pragma once

namespace bobbin { inline namespace v0 { namespace detail {

// True if the kernel can run a barrier on all threads of the process (membarrier, Linux 4.14). Asks
// once.
bool heavy_barrier_available() noexcept;

// A full barrier on every thread of the process: orders a plain store and a following plain load of
// any thread against this call. Nothing where it isn't available; then the other side has its own
// barrier. Ends the program with a message if it no longer is.
void heavy_barrier() noexcept;

}}}  // namespace bobbin::v0::detail
