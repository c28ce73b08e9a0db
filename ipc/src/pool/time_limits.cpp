// See time_limits.hpp.
#include "pool/time_limits.hpp"

#include "pool/job_limit.hpp"
#include "pool/supervisor_core.hpp"
#include "process/make_call.hpp"

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::error_of;
using bobbin::detail::timed_out_error;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

pool_timer& time_limits::timer_of(worker_slot& at) {
    if (!at.timer) at.timer = std::make_unique<pool_timer>(core_.driver.pool());
    return *at.timer;
}

void time_limits::cancel_all() noexcept {
    idleness_timer_.reset();
    stop_timer_.reset();
    owed_stops_timer_.reset();
}

// --- of a job ---

void time_limits::begin(worker_slot& at, const remote_call& call) {
    at.has_timed_job = true;
    at.ring.limit(call.supervised.number,
                  static_cast<std::uint64_t>(call.timeout.nanoseconds().count()));
    watch(at, call.supervised.number, std::min(call.timeout, stuck_after));
}

void time_limits::watch(worker_slot& at, std::uint64_t job, time_span time) {
    timer_of(at).expires_at(deadline::after(time).time());
    at.timer->async_wait([this, core = core_.shared_from_this(), &at, generation = at.generation,
                          job](const boost::system::error_code& error) {
        if (!error) time_is_up(at, generation, job);
    });
}

// If not, it is watched on; or its worker, which has not begun it, is ended.
bool time_limits::has_passed(worker_slot& at, const remote_call& call) {
    const std::uint64_t job = call.supervised.number;
    const auto now = clock::now();
    const auto found =
        judge_limit(call.timeout, at.ring.begun_ns(),
                    static_cast<std::uint64_t>(now.time_since_epoch() / 1ns), now - at.busy_since);
    if (found.what == limit_verdict::kind::passed) return true;
    watch(at, job, found.look_again);  // first, as that may throw
    if (found.what == limit_verdict::kind::stuck && core_.sending.put_back(at, job))
        end_worker(at, job, SIGTERM);
    return false;
}

void time_limits::time_is_up(worker_slot& at, std::uint64_t generation, std::uint64_t job) {
    core_.results.look();  // its worker may not have come to tell of it
    core_.by_driver([&](outcomes& to, supervisor_lock& ours) {
        if (core_.is_ending() || !at.has_worker() || at.generation != generation ||
            job < at.answered)
            return;
        if (at.has_results()) return watch(at, job, 1ms);
        const remote_call* const call = at.job(job).call;
        if (call == nullptr) {  // it was put back, and there was no memory for the rest
            if (at.is_leaving()) after_grace(at, job, SIGKILL);
            return core_.sending.dispatch(ours);
        }
        if (!has_passed(at, *call)) return core_.sending.dispatch(ours);
        // `give_up` comes last, as nothing after it may throw.
        if (call->is_coroutine) {
            after_grace(at, job, SIGTERM);
            if (!at.socket->send_stop(job)) core_.driver.wants_chores_done();
        } else {
            end_worker(at, job, SIGTERM);
        }
        give_up(at, job, timed_out_error(type_of(call->callable), call->timeout), to);
    });
}

// The job is told so; its worker may still do it.
void time_limits::give_up(worker_slot& at, std::uint64_t job, std::exception_ptr why,
                          outcomes& to) noexcept {
    remote_call* const call = std::exchange(at.job(job).call, nullptr);
    core_.table.end(*call, remote_call::end::error);
    call->supervised.has_run = true;
    call->error = std::move(why);
    to.ended.push_back(*call);
}

// --- of who is to stop or end ---

void time_limits::send_owed_stops() {
    if (core_.is_ending()) return;  // there is no job left, and soon no driver
    bool owes_any = false;
    for (auto& each : core_.slots)
        if (each->has_worker() && !each->socket->send_owed_stop()) owes_any = true;
    if (!owes_any) return owed_stops_timer_.reset();
    owed_stops_timer_.emplace(core_.driver.pool(), deadline::after(1ms).time());
    owed_stops_timer_->async_wait(
        [this, core = core_.shared_from_this()](const boost::system::error_code& error) {
            if (!error) core->by_driver([&](outcomes&, supervisor_lock&) { send_owed_stops(); });
        });
}

void time_limits::end_running_later() {
    if (stop_timer_) return;
    pool_timer timer(core_.driver.pool(), deadline::after(core_.options.grace).time());
    timer.async_wait(
        [this, core = core_.shared_from_this()](const boost::system::error_code& error) {
            if (!error) end_running();
        });
    stop_timer_.emplace(std::move(timer));
}

// What has not followed a request to stop in time is ended with its worker.
void time_limits::end_running() {
    core_.results.look();  // what is done counts
    core_.by_driver([this](outcomes& to, supervisor_lock&) {
        if (core_.is_ending()) return;
        for (auto& at : core_.slots) {
            if (!at->has_worker() || at->in_ring() == 0) continue;
            end_worker(*at, at->answered, SIGTERM);
            for (auto job = at->answered; job != at->submitted; ++job)
                if (at->job(job).call != nullptr && !at->job(job).call->supervised.is_pinned)
                    give_up(*at, job, error_of<cancelled>(), to);
        }
    });
}

void time_limits::end_worker(worker_slot& at, std::uint64_t job, int signal) {
    if (at.state != slot_state::damaged) at.become(slot_state::leaves);
    at.send_signal(signal);
    if (signal == SIGTERM) after_grace(at, job, SIGKILL);
}

void time_limits::after_grace(worker_slot& at, std::uint64_t job, int signal) {
    timer_of(at).expires_at(deadline::after(core_.options.grace).time());
    at.timer->async_wait([this, core = core_.shared_from_this(), &at, generation = at.generation,
                          job, signal](const boost::system::error_code& error) {
        if (error) return;
        core->by_driver([&](outcomes&, supervisor_lock&) {
            if (core->is_ending() || !at.has_worker() || at.generation != generation) return;
            if (at.is_leaving() || job >= at.answered) end_worker(at, job, signal);
        });
    });
}

// --- of idleness ---

void time_limits::begin_idleness() noexcept {
    if (core_.options.idle_timeout == time_span::zero) return;
    if (idleness_.begin(deadline::after(core_.options.idle_timeout)))
        core_.driver.wants_chores_done();
}

void time_limits::watch_idleness_if_begun() {
    if (idleness_.needs_timer()) watch_idleness();
}

void time_limits::watch_idleness() {
    if (!core_.results.is_open()) return;  // the pool ends
    if (!idleness_timer_) idleness_timer_.emplace(core_.driver.pool());
    idleness_timer_->expires_at(idleness_.until().time());
    idleness_timer_->async_wait(
        [this, core = core_.shared_from_this()](const boost::system::error_code& error) {
            if (!error) core->by_driver([&](outcomes&, supervisor_lock&) { look_at_idleness(); });
        });
    idleness_.timer_is_set();
}

void time_limits::look_at_idleness() {
    switch (idleness_.time_has_come(core_.is_ending() || core_.table.size() > 0)) {
        case idle_watch::verdict::rest:
            return;
        case idle_watch::verdict::watch_on:
            return watch_idleness();
        case idle_watch::verdict::let_go:
            break;
    }
    for (auto& each : core_.slots)
        if (each->has_worker()) {
            if (each->state == slot_state::works) each->become(slot_state::leaves_idle);
            each->ring.close();
        }
}

}}}  // namespace bobbin::v0::ipc::detail
