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
#include <type_traits>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc {

// A worker that dies is replaced, but not more than so many in so long: then the pool is broken,
// and says why. A period that is not positive holds none.
struct restart_intensity {
    unsigned most = 100;
    time_span period = std::chrono::seconds(10);
};

// What is plain of a pool's options: `process_pool pool({.workers = 2, .grace = 1s})`.
struct worker_options {
    unsigned workers = available_parallelism();
    ipc::start_method start_method = ipc::start_method::fork_server;
    // A worker is replaced by a fresh one when it has done so many jobs, or takes so many bytes of
    // memory after one, shared memory included. 0: never.
    std::uint64_t max_tasks_per_worker = 0;
    std::size_t max_rss = 0;
    // When there was no job for so long the workers end; the next job starts them again. 0: never.
    time_span idle_timeout{};
    // A job whose time is up has so long to follow a request to stop, if it is a coroutine; then
    // its worker has so long after a SIGTERM; then it is killed, and at once if the pool ends
    // meanwhile. After the pool's stop() all jobs that run have so long, whatever they are.
    time_span grace = std::chrono::milliseconds(100);
    ipc::restart_intensity restart_intensity{};
    ipc::output output = ipc::output::inherit;
};
static_assert(std::is_trivially_destructible_v<worker_options>,
              "or designated initialisers in a co_await break on g++ 12");

// All of them:
//
//     process_pool_options options({.workers = 2});
//     options.initializer = ipc::initializer(load);
//     process_pool pool(options);
struct process_pool_options : worker_options {
    process_pool_options() = default;
    process_pool_options(const worker_options& plain)  // NOLINT: meant to be implicit
        : worker_options(plain) {}
    explicit process_pool_options(unsigned count)
        : worker_options{.workers = count, .restart_intensity = {}} {}

    // Called in each worker before its jobs.
    ipc::initializer initializer;
    // Called in each worker when it leaves by itself: at the pool's end, for idleness, for
    // max_tasks_per_worker or max_rss. Then its states are destroyed (see worker_state.hpp), and
    // what std::cout and stdio hold is written; static objects are not destroyed, and nothing given
    // to std::atexit is called. The pool's end waits for all that as it does for jobs; after stop()
    // for the time of grace. None of it happens in a worker that is killed, for whatever reason;
    // where the initializer has failed, the finalizer is not called.
    ipc::finalizer finalizer;
    // NAME=value, beside what the application has; std::invalid_argument for anything else.
    // OpenMP's and the BLAS libraries' numbers of threads, and that of bobbin::default_pool, are
    // each worker's share of the processors, unless the application or this sets them.
    std::vector<std::string> environment;
    // Empty: the application's. If there is none: std::system_error from the constructor.
    std::string working_directory;
    // With capture: a worker's standard output and error, in order, each line without its end; on a
    // thread of the pool's own. What it throws is dropped. A pool's end waits for the last line,
    // for ten seconds at most.
    std::function<void(pid_t worker, std::string_view line)> on_output;
};

}}}  // namespace bobbin::v0::ipc
