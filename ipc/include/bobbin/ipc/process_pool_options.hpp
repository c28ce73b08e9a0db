// How a process_pool's workers are to be.
#pragma once

#include <bobbin/ipc/start_method.hpp>
#include <bobbin/runtime/available_parallelism.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace bobbin::inline v0::ipc {

struct process_pool_options {
    process_pool_options() = default;
    explicit process_pool_options(unsigned count) : workers(count) {}

    unsigned workers = available_parallelism();
    ipc::start_method start_method = ipc::start_method::fork_server;
    // NAME=value, beside what the application has.
    std::vector<std::string> environment;
    std::string working_directory;  // empty: the application's
    // A worker that dies is replaced, but not more than that many in that time: then the pool is
    // broken, and says why.
    unsigned most_restarts = 100;
    std::chrono::seconds restart_period{10};
};

}  // namespace bobbin::inline v0::ipc
