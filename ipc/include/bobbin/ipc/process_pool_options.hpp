// How a process_pool's workers are to be.
#pragma once

#include <bobbin/ipc/initializer.hpp>
#include <bobbin/ipc/output.hpp>
#include <bobbin/ipc/start_method.hpp>
#include <bobbin/runtime/available_parallelism.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace bobbin::inline v0::ipc {

// A worker that dies is replaced, but not more than so many in so long: then the pool is broken,
// and says why. A period that is not positive holds none.
struct restart_intensity {
    unsigned most = 100;
    time_span period = std::chrono::seconds(10);
};

struct process_pool_options {
    process_pool_options() = default;
    explicit process_pool_options(unsigned count) : workers(count) {}

    unsigned workers = available_parallelism();
    ipc::start_method start_method = ipc::start_method::fork_server;
    // Called in each worker before its jobs.
    ipc::initializer initializer;
    // A worker is replaced by a fresh one when it has done so many jobs, or takes so many bytes of
    // memory after one, shared memory included. 0: never.
    std::uint64_t max_tasks_per_worker = 0;
    std::size_t max_rss = 0;
    // When there was no job for so long the workers end; the next job starts them again. 0: never.
    time_span idle_timeout{};
    // A job whose time is up has so long to follow a request to stop, if it is a coroutine; then
    // its worker has so long after a SIGTERM; then it is killed. After the pool's stop() all jobs
    // that run have so long, whatever they are.
    time_span grace = std::chrono::milliseconds(100);
    ipc::restart_intensity restart_intensity;
    // NAME=value, beside what the application has. OpenMP's and the BLAS libraries' numbers of
    // threads are each worker's share of the processors, unless the application or this sets them.
    std::vector<std::string> environment;
    std::string working_directory;  // empty: the application's
    ipc::output output = ipc::output::inherit;
    // With capture: a worker's standard output and error, in order, each line without its end; on a
    // thread of the pool's own. What it throws is dropped. A pool's end waits for the last line.
    std::function<void(pid_t worker, std::string_view line)> on_output;
};

}  // namespace bobbin::inline v0::ipc
