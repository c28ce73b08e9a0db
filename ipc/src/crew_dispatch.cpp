// Which job goes to which worker, and when.
#include "crew_core.hpp"

#include <algorithm>

namespace bobbin::inline v0::ipc::detail {
namespace {

constexpr std::uint64_t most_in_lane = lane::jobs_at_once / 5 * 4;

}  // namespace

std::uint64_t crew_core::depth() const noexcept {
    // So many that their worker is busy while the driver is woken; and one ahead of it.
    constexpr double ahead_ns = 200'000;
    const double jobs = job_ns_ > 0 ? ahead_ns / job_ns_ : 2;
    return static_cast<std::uint64_t>(std::clamp(jobs, 2.0, static_cast<double>(most_in_lane)));
}

bool seat::keeps_up(clock::time_point time) noexcept {
    constexpr std::chrono::microseconds at_once{50};
    if (time - next_begun_since > at_once) return false;
    if (has_begun(next_begun)) {
        next_begun = submitted;
        next_begun_since = time;
    }
    return true;
}

// By what such jobs took of late: less than to wake somebody for it.
bool crew_core::next_is_short() const noexcept {
    constexpr double short_ns = 12'000;
    return job_ns_ > 0 && job_ns_ < short_ns && urgent_.empty() && !waiting_.empty() &&
           waiting_.first->timeout.count() == 0;
}

// A short one goes on to who keeps up; if it is long after all, or behind one that is, the second
// look finds that.
seat* crew_core::next_seat(clock::time_point time) noexcept {
    if (next_is_short()) {
        const auto few = depth() / 2;
        for (auto& each : seats_)
            if (each->may_be_sent_more() && each->in_lane() > 0 && each->in_lane() < most_in_lane &&
                each->keeps_up(time) &&
                (each->submitted < few || each->has_begun(each->submitted - few))) {
                is_uneven_ = true;
                return each.get();
            }
    }
    seat* const best = least_loaded();
    return best != nullptr && best->in_lane() < depth() ? best : nullptr;
}

// A job behind a long one would wait although another worker is idle.
seat* crew_core::least_loaded() noexcept {
    seat* best = nullptr;
    for (auto& each : seats_)
        if (each->may_be_sent_more() && (best == nullptr || each->in_lane() < best->in_lane()))
            best = each.get();
    return best;
}

void crew_core::dispatch(turn& ours) {
    const auto time = clock::now();
    is_uneven_ = false;
    bool may_send = true;
    while (may_send && (has_waiting() || reclaim_for_idle(time))) {
        seat* const at = next_seat(time);
        if (at == nullptr) break;
        // Short jobs some at a time.
        for (auto left = depth() / 16 + 1;
             left > 0 && may_send && has_waiting() && !at->has_timed_job; --left)
            may_send = send_next(*at);
    }
    for (auto& each : seats_)
        if (each->way != nullptr) publish(*each, ours);
    if (is_uneven_) want_second_look();
}

// False if the next has to wait.
bool crew_core::send_next(seat& at) {
    call_list& from = urgent_.empty() ? waiting_ : urgent_;
    remote_call& call = *from.first;
    if (call.timeout.count() > 0 && at.in_lane() > 0) return false;
    from.remove(call);
    try {
        if (send(at, call)) return true;
    } catch (...) {
        // There is no memory or no descriptor for its arguments.
        call.ended_as = remote_call::end::error;
        call.error = std::current_exception();
        tell_later(call);
        return true;
    }
    from.push_front(call);
    return false;
}

void crew_core::reclaim(seat& from, std::uint64_t most) noexcept {
    for (auto number = from.submitted; most > 0 && number > from.answered; --number) {
        remote_call* const call = from.job(number - 1).call;
        if (call == nullptr || call->is_urgent || call->is_pinned_ || !retract(*call)) continue;
        call->stage_ = remote_call::stage::waiting;
        waiting_.push_front(*call);
        --most;
    }
}

// What stands behind a long job is done by a worker that has nothing to do.
bool crew_core::reclaim_for_idle(clock::time_point time) noexcept {
    seat* const idle = least_loaded();
    if (idle == nullptr || idle->in_lane() != 0) return false;
    for (auto& each : seats_) {
        if (each->way == nullptr || each->in_lane() < 2) continue;
        if (each->keeps_up(time)) {
            is_uneven_ = true;
            continue;
        }
        reclaim(*each, 1);
        if (!waiting_.empty()) return true;
    }
    return false;
}

bool crew_core::send(seat& at, remote_call& call) {
    lane_job& job = at.way->job(at.submitted);
    if (!place_arguments(at, call.arguments, job)) return false;
    job.group = call.group;
    job.place = call.place;
    job.callable = call.callable;
    job.slot.queue(at.submitted);
    at.job(at.submitted) = {.call = &call, .arguments_end = at.arguments_end};
    call.stage_ = remote_call::stage::sent;
    call.seat_ = &at;
    call.number_ = at.submitted;
    if (at.in_lane() == 0) {
        at.busy_since = at.next_begun_since = clock::now();
        at.next_begun = at.submitted;
    }
    ++at.submitted;
    if (call.timeout.count() > 0) watch_time(at, call);
    return true;
}

bool crew_core::place_arguments(seat& at, const parcel& arguments, lane_job& job) {
    job.size = arguments.bytes().size();
    job.in_segment = 0;
    if (arguments.has_segments()) {
        if (!at.line->send_segments(arguments)) return false;
        if (const auto large = arguments.large()) {
            job.in_segment = 1;
            job.begin = large->id();
            return true;
        }
    }
    if (at.arguments_end + job.size - at.arguments_begin > lane::ring_bytes) return false;
    job.begin = at.arguments_end;
    at.way->arguments.write(job.begin, arguments.bytes());
    at.arguments_end += job.size;
    return true;
}

void crew_core::publish(seat& at, turn& ours) {
    if (at.published == at.submitted) return;
    at.published = at.submitted;
    if (at.way->submitted.publish_silently(at.submitted)) ours.will_wake(*at.way);
}

}  // namespace bobbin::inline v0::ipc::detail
