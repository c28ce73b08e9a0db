// A supervisor's limits in time: of jobs, of workers that are to end, of idleness.
//
//     time of a job is over: it ends as timed_out, and its worker is asked to end (a coroutine only
//     to stop) ── grace ──▶ the worker is asked ── grace ──▶ it is killed
//
// Invariant: a worker that is asked to end is sent nothing more, and gone after its grace.
#pragma once

#include "pool/driver_thread.hpp"
#include "pool/idle_watch.hpp"
#include "pool/outcomes.hpp"
#include "pool/worker_slot.hpp"

#include <bobbin/runtime/time_span.hpp>

#include <cstdint>
#include <exception>
#include <optional>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core;

class time_limits {
public:
    explicit time_limits(supervisor_core& core) noexcept : core_(core) {}

    // --- under the supervisor's lock ---

    // Of a job with a timeout, which is sent to an empty job ring.
    void begin(worker_slot& at, const remote_call& call);
    // No job is left.
    void begin_idleness() noexcept;

    // --- the same ---

    // By a signal, as it does `job` or none any more. Whatever it has done by then, it is sent
    // nothing more.
    void end_worker(worker_slot& at, std::uint64_t job, int signal);
    // The slot's own timer.
    pool_timer& timer_of(worker_slot& at);
    // The pool was stopped: what runs has its grace.
    void end_running_later();
    // Requests to stop that had no room in a worker's socket, or no memory, until they are sent.
    void send_owed_stops();
    void watch_idleness_if_begun();

    // At the pool's end.
    void cancel_all() noexcept;

private:
    void watch(worker_slot& at, std::uint64_t job, time_span time);
    bool has_passed(worker_slot& at, const remote_call& call);
    void time_is_up(worker_slot& at, std::uint64_t generation, std::uint64_t job);
    void give_up(worker_slot& at, std::uint64_t job, std::exception_ptr why, outcomes& to) noexcept;
    void end_running();
    void after_grace(worker_slot& at, std::uint64_t job, int signal);
    void watch_idleness();
    void look_at_idleness();

    supervisor_core& core_;
    idle_watch idleness_;
    std::optional<pool_timer> idleness_timer_;
    std::optional<pool_timer> stop_timer_;
    std::optional<pool_timer> owed_stops_timer_;
};

}}}  // namespace bobbin::v0::ipc::detail
