// A crew's limits in time: of jobs, of workers that are to end, of idleness.
#include "crew_core.hpp"

#include <bobbin/runtime/errors.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace bobbin::inline v0::ipc::detail {

using namespace std::chrono_literals;

void seat::send_signal(int signal) noexcept {
    const bool is_sent =
        pidfd && ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
    // It has not started, or has ended, or is another user's by now.
    if (!is_sent && signal == SIGKILL) holds = lifeline();
}

boost::asio::steady_timer& crew_core::timer_of(seat& at) {
    if (!at.deadline) at.deadline = std::make_unique<boost::asio::steady_timer>(*driver_);
    return *at.deadline;
}

// A worker that has begun nothing for so long, though it was sent a job, is stuck.
constexpr auto patience = 30s;

void crew_core::begin_time(seat& at, const remote_call& call) {
    at.has_timed_job = true;
    at.way->timed.number = call.number_;
    at.way->timed.limit_ns = static_cast<std::uint64_t>(call.timeout.nanoseconds().count());
    at.way->timed.begun_ns.store(0, std::memory_order_relaxed);
    watch_time(at, call.number_, std::min<time_span>(call.timeout, patience));
}

void crew_core::watch_time(seat& at, std::uint64_t job, time_span time) {
    timer_of(at).expires_at(deadline::after(time).time());
    at.deadline->async_wait([self = shared_from_this(), &at, generation = at.generation,
                             job](const boost::system::error_code& error) {
        if (!error) self->time_is_up(at, generation, job);
    });
}

// Whether its time is over. If not, it is watched on, or its worker ended, which has not begun it.
bool crew_core::has_passed(seat& at, const remote_call& call, turn& ours) {
    const auto begun = at.way->timed.begun_ns.load(std::memory_order_relaxed);
    const auto time = clock::now();
    const auto now_ns = static_cast<std::uint64_t>(time.time_since_epoch() / 1ns);
    if (begun > now_ns) return true;  // what can't be
    if (begun != 0) {
        const time_span left = call.timeout - std::chrono::nanoseconds(now_ns - begun);
        if (left > time_span::zero) watch_time(at, call.number_, left);
        return left <= time_span::zero;
    }
    // Its worker may just be starting.
    if (time - at.busy_since < patience || !reclaim(at, call.number_)) {
        watch_time(at, call.number_, std::clamp<time_span>(call.timeout, 1ms, patience));
    } else {
        end_worker(at, call.number_, SIGTERM);
        dispatch(ours);
    }
    return false;
}

void crew_core::time_is_up(seat& at, std::uint64_t generation, std::uint64_t job) {
    look_at_results();  // its worker may not have come to tell of it
    arrivals ended;
    {
        turn ours(*this);
        if (at.way == nullptr || at.generation != generation || job < at.answered) return;
        if (at.has_results()) return watch_time(at, job, 1ms);
        const remote_call* const call = at.job(job).call;
        if (call == nullptr || !has_passed(at, *call, ours)) return;
        give_up(at, job, std::make_exception_ptr(timed_out()), ended);
        if (call->is_coroutine) {
            at.line->send_stop(job);
            after_grace(at, job, SIGTERM);
        } else {
            end_worker(at, job, SIGTERM);
        }
    }
    tell(ended);
}

// The job is told so; its worker may still do it.
void crew_core::give_up(seat& at, std::uint64_t job, std::exception_ptr why, arrivals& ended) {
    remote_call* const call = std::exchange(at.job(job).call, nullptr);
    leaves_table(*call);
    call->ended_as = remote_call::end::error;
    call->error = std::move(why);
    ended.add(*call);
}

// What has not followed a request to stop in time is ended with its worker.
void crew_core::end_running() {
    look_at_results();  // what is done counts
    arrivals ended;
    {
        const std::lock_guard lock(mutex_);
        if (ending_) return;
        for (auto& at : seats_) {
            if (at->way == nullptr || at->in_lane() == 0) continue;
            for (auto job = at->answered; job != at->submitted; ++job)
                if (at->job(job).call != nullptr && !at->job(job).call->is_pinned_)
                    give_up(*at, job, std::make_exception_ptr(cancelled()), ended);
            end_worker(*at, at->answered, SIGTERM);
        }
    }
    tell(ended);
}

// Whatever it has done by the time a signal reaches it, it is sent nothing more.
void crew_core::end_worker(seat& at, std::uint64_t job, int signal) {
    at.is_leaving = true;
    at.send_signal(signal);
    if (signal == SIGTERM) after_grace(at, job, SIGKILL);
}

void crew_core::after_grace(seat& at, std::uint64_t job, int signal) {
    timer_of(at).expires_at(deadline::after(options_.grace).time());
    at.deadline->async_wait([self = shared_from_this(), &at, generation = at.generation, job,
                             signal](const boost::system::error_code& error) {
        const std::lock_guard lock(self->mutex_);
        if (error || self->ending_ || at.way == nullptr || at.generation != generation) return;
        if (at.is_leaving || job >= at.answered) self->end_worker(at, job, signal);
    });
}

// --- idleness ---

// By who finds that there is no call left.
void crew_core::begin_idleness() {
    if (options_.idle_timeout == time_span::zero) return;
    idle_until_ = deadline::after(options_.idle_timeout);
    if (idleness_is_watched_) return;
    idleness_is_watched_ = true;
    boost::asio::post(driver_->get_executor(), [self = shared_from_this()] {
        const std::lock_guard lock(self->mutex_);
        self->watch_idleness();
    });
}

// Under the lock, on the driver.
void crew_core::watch_idleness() {
    if (!bell_reader_) return;  // the pool ends
    if (!idle_timer_) idle_timer_.emplace(*driver_);
    idle_timer_->expires_at(idle_until_.time());
    idle_timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        const std::lock_guard lock(self->mutex_);
        self->idleness_is_watched_ = false;
        if (error || self->ending_ || self->calls_ > 0) return;
        self->idleness_is_watched_ = !self->idle_until_.has_passed();
        if (self->idleness_is_watched_) return self->watch_idleness();
        for (auto& each : self->seats_)
            if (each->way != nullptr) {
                each->is_leaving = each->is_idle = true;
                each->way->submitted.close();
            }
    });
}

// On the driver: workers that went for idleness come back.
void crew_core::rouse() {
    arrivals ended;
    {
        turn ours(*this);
        for (auto& each : seats_)
            if (each->is_empty && each->is_idle && wants_worker(*each)) replace(*each, ended);
        dispatch(ours);
    }
    tell(ended);
}

}  // namespace bobbin::inline v0::ipc::detail
