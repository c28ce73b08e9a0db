// A supervisor's limits in time: of jobs, of workers that are to end, of idleness.
#include "pool/supervisor_core.hpp"
#include "process/make_call.hpp"

#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::timed_out_error;
using namespace std::chrono_literals;

pool_timer& supervisor_core::timer_of(worker_slot& at) {
    if (!at.deadline) at.deadline = std::make_unique<pool_timer>(*driver_);
    return *at.deadline;
}

// A worker that has begun nothing for so long, though it was sent a job, is stuck.
constexpr auto stuck_after = 30s;

void supervisor_core::begin_time(worker_slot& at, const remote_call& call) {
    at.has_timed_job = true;
    at.ring->timed.number = call.number_;
    at.ring->timed.limit_ns = static_cast<std::uint64_t>(call.timeout.nanoseconds().count());
    at.ring->timed.begun_ns.store(0, std::memory_order_relaxed);
    watch_time(at, call.number_, std::min<time_span>(call.timeout, stuck_after));
}

void supervisor_core::watch_time(worker_slot& at, std::uint64_t job, time_span time) {
    timer_of(at).expires_at(deadline::after(time).time());
    at.deadline->async_wait([self = shared_from_this(), &at, generation = at.generation,
                             job](const boost::system::error_code& error) {
        if (!error) self->time_is_up(at, generation, job);
    });
}

// Whether its time is over. If not, it is watched on, or its worker ended, which has not begun it.
bool supervisor_core::has_passed(worker_slot& at, const remote_call& call, supervisor_lock& ours) {
    const auto begun = at.ring->timed.begun_ns.load(std::memory_order_relaxed);
    const auto time = clock::now();
    const auto now_ns = static_cast<std::uint64_t>(time.time_since_epoch() / 1ns);
    if (begun > now_ns) return true;  // what can't be
    if (begun != 0) {
        const time_span left = call.timeout - std::chrono::nanoseconds(now_ns - begun);
        if (left > time_span::zero) watch_time(at, call.number_, left);
        return left <= time_span::zero;
    }
    // Its worker may just be starting. It is watched first, whatever comes, as that may throw.
    watch_time(at, call.number_, std::clamp<time_span>(call.timeout, 1ms, stuck_after));
    if (time - at.busy_since >= stuck_after && dispatcher_.put_back(at, call.number_)) {
        end_worker(at, call.number_, SIGTERM);
        dispatcher_.dispatch(ours);
    }
    return false;
}

void supervisor_core::time_is_up(worker_slot& at, std::uint64_t generation, std::uint64_t job) {
    look_at_results();  // its worker may not have come to tell of it
    by_driver([&](arrivals& ended, supervisor_lock& ours) {
        if (!at.has_worker() || at.generation != generation || job < at.answered) return;
        if (at.has_results()) return watch_time(at, job, 1ms);
        const remote_call* const call = at.job(job).call;
        if (call == nullptr || !has_passed(at, *call, ours)) return;
        // `give_up` comes last, as nothing after it may throw.
        if (call->is_coroutine) {
            after_grace(at, job, SIGTERM);
            if (!at.line->send_stop(job)) want_driver();
        } else {
            end_worker(at, job, SIGTERM);
        }
        give_up(at, job, timed_out_error(type_of(call->callable), call->timeout), ended);
    });
}

// The job is told so; its worker may still do it.
void supervisor_core::give_up(worker_slot& at, std::uint64_t job, std::exception_ptr why,
                              arrivals& ended) noexcept {
    remote_call* const call = std::exchange(at.job(job).call, nullptr);
    table_.end(*call, remote_call::end::error);
    call->error = std::move(why);
    ended.ended.push_back(*call);
}

// Until those that have no room in a worker's socket, or no memory, are sent.
void supervisor_core::send_owed_stops() {
    if (ending_) return;  // there is no job left, and soon no driver
    bool owes_any = false;
    for (auto& each : slots_)
        if (each->has_worker() && !each->line->send_owed_stop()) owes_any = true;
    if (!owes_any) return timers_.owed_stops.reset();
    timers_.owed_stops.emplace(*driver_, deadline::after(1ms).time());
    timers_.owed_stops->async_wait(
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error)
                self->by_driver([&](arrivals&, supervisor_lock&) { self->send_owed_stops(); });
        });
}

void supervisor_core::end_running_later() {
    pool_timer timer(*driver_, deadline::after(options_.grace).time());
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->end_running();
    });
    timers_.stop.emplace(std::move(timer));
}

// What has not followed a request to stop in time is ended with its worker.
void supervisor_core::end_running() {
    look_at_results();  // what is done counts
    by_driver([this](arrivals& ended, supervisor_lock&) {
        if (ending_) return;
        for (auto& at : slots_) {
            if (!at->has_worker() || at->in_ring() == 0) continue;
            end_worker(*at, at->answered, SIGTERM);
            for (auto job = at->answered; job != at->submitted; ++job)
                if (at->job(job).call != nullptr && !at->job(job).call->is_pinned_)
                    give_up(*at, job, error_of<cancelled>(), ended);
        }
    });
}

// Whatever it has done by the time a signal reaches it, it is sent nothing more.
void supervisor_core::end_worker(worker_slot& at, std::uint64_t job, int signal) {
    if (at.state != slot_state::damaged) at.state = slot_state::leaves;
    at.send_signal(signal);
    if (signal == SIGTERM) after_grace(at, job, SIGKILL);
}

void supervisor_core::after_grace(worker_slot& at, std::uint64_t job, int signal) {
    timer_of(at).expires_at(deadline::after(options_.grace).time());
    at.deadline->async_wait([self = shared_from_this(), &at, generation = at.generation, job,
                             signal](const boost::system::error_code& error) {
        if (error) return;
        self->by_driver([&](arrivals&, supervisor_lock&) {
            if (self->ending_ || !at.has_worker() || at.generation != generation) return;
            if (at.is_leaving() || job >= at.answered) self->end_worker(at, job, signal);
        });
    });
}

// --- idleness ---

// By who finds that there is no call left.
void supervisor_core::begin_idleness() noexcept {
    if (options_.idle_timeout == time_span::zero) return;
    idle_until_ = deadline::after(options_.idle_timeout);
    if (idleness_ != idleness::none) return;
    idleness_ = idleness::begins;
    want_driver();
}

void supervisor_core::watch_idleness() {
    if (!doorbell_reader_) return;  // the pool ends
    if (!timers_.idleness) timers_.idleness.emplace(*driver_);
    timers_.idleness->expires_at(idle_until_.time());
    timers_.idleness->async_wait(
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error)
                self->by_driver([&](arrivals&, supervisor_lock&) { self->look_at_idleness(); });
        });
    idleness_ = idleness::is_watched;
}

void supervisor_core::look_at_idleness() {
    idleness_ = idleness::none;
    if (ending_ || table_.size() > 0) return;
    if (!idle_until_.has_passed()) return watch_idleness();
    for (auto& each : slots_)
        if (each->has_worker()) {
            if (each->state != slot_state::damaged) each->state = slot_state::leaves_idle;
            each->ring->submitted.close();
        }
}

}}}  // namespace bobbin::v0::ipc::detail
