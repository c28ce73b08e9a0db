// How worker processes come to be.
#pragma once

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc {

enum class start_method : std::uint8_t {
    // From a server: this program, started again, which does nothing but fork. Quick, and whatever
    // threads and memory the application has. No library or static object may start a thread there
    // before main: OpenMP, OpenBLAS, MKL and BLIS are told not to by OMP_NUM_THREADS=1 and so on,
    // unless these variables are set; workers then get theirs.
    fork_server,
    // Each is this program, started again.
    spawn,
    // From a copy of this process, as it is when the pool is made, with all its data. It may have
    // one thread only.
    fork,
};

}}}  // namespace bobbin::v0::ipc
