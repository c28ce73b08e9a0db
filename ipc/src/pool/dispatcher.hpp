// Sends the jobs that wait to workers, and takes them back: does what dispatch_policy.hpp decides.
// Under the supervisor's lock.
#pragma once

#include "pool/dispatch_policy.hpp"
#include "pool/supervisor_lock.hpp"
#include "pool/worker_slot.hpp"

#include <chrono>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core;

class dispatcher {
public:
    explicit dispatcher(supervisor_core& core) noexcept : core_(core) {}

    // Sends what there is room for. A job whose arguments can't be sent ends with the reason.
    void dispatch(supervisor_lock& ours);
    // Also what does not wait. False: there is no room. Throws what ends such a job.
    bool send(worker_slot& at, remote_call& call);

    // From its job ring. True: no worker begins it any more.
    static bool retract(remote_call& call) noexcept;
    // A job that its worker has not begun waits again. False: it has, or there is none.
    bool put_back(worker_slot& from, std::uint64_t number) noexcept;
    // What was sent ahead and has not begun is not to be before an urgent one.
    void make_way_for_urgent() noexcept;
    // Nor is it to wait for a long job for as long as later ones keep the other workers busy.
    void pass_by_long_jobs() noexcept;

    // A worker has answered so many jobs.
    void measured(worker_slot& at, std::uint64_t jobs);

private:
    using clock = std::chrono::steady_clock;

    worker_slot* next_slot() noexcept;
    worker_slot* least_loaded() noexcept;
    worker_slot* relieve() noexcept;
    bool send_next(worker_slot& at);
    static bool place_arguments(worker_slot& at, const payload& arguments, job_description& job);
    void put_back_all(worker_slot& from, bool also_urgent) noexcept;

    supervisor_core& core_;
    dispatch_policy policy_;
    clock::time_point last_read_;
};

}}}  // namespace bobbin::v0::ipc::detail
