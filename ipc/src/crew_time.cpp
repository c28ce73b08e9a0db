// A crew's limits in time: of jobs, of workers that are to end, of idleness.
#include "crew_core.hpp"

#include <bobbin/runtime/errors.hpp>

#include <boost/asio/post.hpp>

#include <csignal>
#include <memory>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace bobbin::inline v0::ipc::detail {

void seat::send_signal(int signal) const noexcept {
    if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

boost::asio::steady_timer& crew_core::timer_of(seat& at) {
    if (!at.deadline) at.deadline = std::make_unique<boost::asio::steady_timer>(*driver_);
    return *at.deadline;
}

void crew_core::watch_time(seat& at, const remote_call& call) {
    at.has_timed_job = true;
    timer_of(at).expires_after(call.timeout);
    at.deadline->async_wait([self = shared_from_this(), &at, generation = at.generation,
                             number = call.number_](const boost::system::error_code& error) {
        if (!error) self->time_is_up(at, generation, number);
    });
}

void crew_core::time_is_up(seat& at, std::uint64_t generation, std::uint64_t job) {
    arrivals ended;
    {
        const std::lock_guard lock(mutex_);
        if (at.way == nullptr || at.generation != generation) return;
        if (job < at.answered || at.has_results()) return;  // that was it: it is alone in its lane
        const remote_call* const call =
            give_up(at, job, std::make_exception_ptr(timed_out()), ended);
        if (call == nullptr) return;
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
const remote_call* crew_core::give_up(seat& at, std::uint64_t job, std::exception_ptr why,
                                      arrivals& ended) {
    remote_call* const call = std::exchange(at.job(job).call, nullptr);
    if (call == nullptr) return nullptr;
    call->stage_ = remote_call::stage::nowhere;
    call->ended_as = remote_call::end::error;
    call->error = std::move(why);
    ended.add(*call);
    return call;
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
    timer_of(at).expires_after(options_.grace);
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
    if (options_.idle_timeout.count() == 0) return;
    idle_since_ = clock::now();
    if (idleness_is_watched_) return;
    idleness_is_watched_ = true;
    boost::asio::post(driver_->get_executor(), [self = shared_from_this()] {
        self->watch_idleness(self->options_.idle_timeout);
    });
}

void crew_core::watch_idleness(clock::duration more) {
    if (!server_reader_) return;  // the pool ends
    if (!idle_timer_) idle_timer_.emplace(*driver_);
    idle_timer_->expires_after(more);
    idle_timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        const std::lock_guard lock(self->mutex_);
        self->idleness_is_watched_ = false;
        if (error || self->ending_ || self->calls_ > 0) return;
        const auto left = self->idle_since_ + self->options_.idle_timeout - clock::now();
        self->idleness_is_watched_ = left.count() > 0;
        if (left.count() > 0) return self->watch_idleness(left);
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
        const std::lock_guard lock(mutex_);
        for (auto& each : seats_)
            if (each->is_empty && each->is_idle && wants_worker(*each)) replace(*each, ended);
        dispatch();
    }
    tell(ended);
}

}  // namespace bobbin::inline v0::ipc::detail
