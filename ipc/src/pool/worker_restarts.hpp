// Ends of workers, and who takes their places; and when a pool gives that up. Under the
// supervisor's lock.
//
// Invariant: a slot without a worker is being started, waits for the time of its next attempt or
// for jobs, or the pool is broken or ends; and no job is left with a worker that has ended.
#pragma once

#include "os/owned_descriptor.hpp"
#include "pool/outcomes.hpp"
#include "pool/recent_deaths.hpp"
#include "pool/worker_slot.hpp"

#include <bobbin/ipc/exit_status.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core;

class worker_restarts {
public:
    explicit worker_restarts(supervisor_core& core);

    // --- what the server tells ---

    void worker_started(worker_slot& at, pid_t pid, owned_descriptor pidfd);
    // `number`: of the error.
    void worker_refused(worker_slot& at, int number, outcomes& to);
    void worker_ended(worker_slot& at, const exit_status& how, outcomes& to);
    // `has_ended`: it is known to have; if not, it may be about to.
    void server_gone(const std::string& why, bool has_ended, bool was_final, outcomes& to);

    // --- the next ones ---

    // Starts what is to be started. Where that throws, a slot is as it was.
    void fill(outcomes& to);
    // As there is no server, for this reason.
    void put_off(const std::string& why, outcomes& to);
    // No worker will be started any more: what waits fails.
    void break_down(const std::string& why, outcomes& to);
    // Why, if it did that; empty if not.
    [[nodiscard]] const std::string& broken() const noexcept { return broken_; }

    // --- at the pool's end ---

    // Until no worker has something to finish, but if the pool was stopped only for its grace.
    void await_finish(std::unique_lock<std::mutex>& lock, bool was_stopped);
    void await_last_lines(std::unique_lock<std::mutex>& lock);
    // What a worker was to do first, if the pool could not be made.
    void forget_calls(worker_slot& at, outcomes& to) noexcept;

private:
    using clock = std::chrono::steady_clock;

    static std::exception_ptr death_of(const worker_slot& at, const std::optional<exit_status>& how,
                                       const remote_call& call) noexcept;
    void vacate(worker_slot& at, std::optional<exit_status> how, outcomes& to);
    bool wants_worker(worker_slot& at) noexcept;
    void replace(worker_slot& at, outcomes& to);
    void start_failed(worker_slot& at, const std::string& why, unsigned most, outcomes& to);
    void start_again(worker_slot& at);

    supervisor_core& core_;
    recent_deaths deaths_;
    std::condition_variable worker_gone_;  // told when the pool ends
    std::string broken_;
};

}}}  // namespace bobbin::v0::ipc::detail
