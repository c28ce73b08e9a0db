// The pool of child processes.
#pragma once

#include <bobbin/ipc/detail/pool/remote_chunk.hpp>
#include <bobbin/ipc/detail/pool/remote_job.hpp>
#include <bobbin/ipc/detail/pool/supervisor.hpp>
#include <bobbin/ipc/process_pool_options.hpp>
#include <bobbin/runtime/pool_interface.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// Runs jobs in worker processes, which are this program, started again:
//
//     int main(int argc, char** argv) {
//         bobbin::ipc::init(argc, argv);  // the first line
//         bobbin::ipc::process_pool pool(4);
//         std::vector<double> pis = bobbin::sync_wait(pool.map(mc_pi, inputs));
//
// It models `pool` (see bobbin/runtime/pool.hpp): submit, map and their like, for callables without
// captures, and arguments and results that can be encoded (see encoding.hpp). A worker that dies
// takes with it the one job that it was doing, which fails with `worker_died`, and is replaced.
//
// Workers have what the program has when it starts: what main and its threads did since is not
// there. They read nothing from the terminal, and go when the application does, however that ends.
//
// fork(): a child has no part in the pool, nor in its workers' ends: what asks for jobs throws
// `pool_closed`; close, stop and the destructor do nothing (see pool.hpp). It may make one of its
// own.
//
// Threads. All members may be called from any thread. Callbacks of jobs run on a thread of the
// pool's own; they should be short. Results are decoded there, or by a thread that waits for one.
class process_pool : public pool_interface<process_pool> {
public:
    static constexpr bool takes_captures = false;
    using runs_elsewhere = void;

    // Throws std::invalid_argument for 0 or more than 1024 workers, and for other options that make
    // no sense; std::logic_error if the program did not call init(), or its fork server refuses to
    // be one, and says why; std::runtime_error if there is no fork server to be had;
    // std::system_error if there are no processes, memory, descriptors or working directory.
    explicit process_pool(const process_pool_options& options = {});
    explicit process_pool(const worker_options& options)
        : process_pool(process_pool_options(options)) {}
    explicit process_pool(unsigned workers) : process_pool(process_pool_options(workers)) {}
    process_pool(const process_pool&) = delete;
    process_pool& operator=(const process_pool&) = delete;

    // Drains: waits until all jobs have ended, which may be long; call `stop()` first to cut it
    // short. Ends the program with a message when called on the pool's own thread.
    ~process_pool();

    unsigned size() const noexcept { return supervisor_->size(); }
    void close() noexcept;
    // Jobs that run are asked to stop; after the time of grace (see process_pool_options) what
    // still runs fails with `cancelled`, and its worker is ended.
    void stop() noexcept;

private:
    friend pool_interface<process_pool>;
    bobbin::detail::join_scope& root() noexcept;
    void check_open() const;

    template <class R, class F, class... Args>
    job<R> start_job(const job_options& options, const F& f, const Args&... args) {
        return detail::start_remote_job<R, F, Args...>(supervisor_, options, f, args...);
    }
    template <class F>
    detail::run_by_supervisor<F> elsewhere(F f, const map_options& options) {
        return {supervisor_, std::move(f), options};
    }

    std::shared_ptr<detail::supervisor> supervisor_;
    std::atomic<bool> closed_{false};
};

}}}  // namespace bobbin::v0::ipc
