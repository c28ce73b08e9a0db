// How a process is started by the fork server: a session of its own, a request, and at the other
// end the call.
#pragma once

#include "os/lifeline.hpp"
#include "os/owned_descriptor.hpp"
#include "process/fork_server.hpp"
#include "process/server_packet.hpp"

#include <bobbin/ipc/detail/process/process_call.hpp>

#include <sys/types.h>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct started_process {
    fork_session session;  // says how it ends
    lifeline holds;        // it alive
    owned_descriptor pidfd;
    pid_t pid;
};
// Throws what process's constructor does.
started_process start_process(const process_call& call);

// The child's life. It gets its standard output and error, its lifeline, the segment of its
// arguments if they are large, and those of shared objects.
[[noreturn]] void run_process(const process_request& wanted,
                              std::vector<owned_descriptor> files) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
