// Starts a worker in a slot: what it inherits and is told, its output, and what it does before its
// first job. Under the supervisor's lock.
#pragma once

#include "pool/output_lines.hpp"
#include "pool/worker_slot.hpp"

#include <bobbin/ipc/process_pool_options.hpp>

#include <exception>
#include <memory>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core;
class pinned_call;

class worker_starter {
public:
    explicit worker_starter(supervisor_core& core);

    // The server is there. False if it has to be given time. Throws what keeps the worker from
    // being started: the slot is as it was then, or its worker leaves again.
    bool start(worker_slot& at);

private:
    std::shared_ptr<output_lines> make_output();
    std::unique_ptr<pinned_call> first_call(const initializer& what, const char* name);
    void send_first(worker_slot& at, std::unique_ptr<pinned_call> call, const char* name);
    void first_call_failed(const char* name, const std::exception_ptr& error);

    supervisor_core& core_;
    const unsigned library_threads_;  // each worker's share: asking is a dozen system calls
};

}}}  // namespace bobbin::v0::ipc::detail
