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

bool seat::is_stuck(clock::time_point time) const noexcept {
    constexpr std::chrono::milliseconds long_time{1};
    return to_do() > 0 && time - busy_since > long_time && !has_results();
}

// Of late they took less than it does to wake somebody for one.
bool crew_core::jobs_are_short() const noexcept {
    constexpr double short_ns = 12'000;
    return job_ns_ > 0 && job_ns_ < short_ns && seats_.size() > 1;
}

void crew_core::dispatch(turn& ours) {
    const auto time = clock::now();
    is_uneven_ = false;
    if (jobs_are_short()) clear_stuck_lanes(time);
    for (;;) {
        seat* at = relieve(time);
        std::uint64_t left = 1;
        if (at == nullptr) {
            if (!has_waiting()) break;
            at = next_seat(time);
            if (at == nullptr) break;
            left = depth() / 16 + 1;  // short jobs some at a time
        }
        for (; left > 0 && has_waiting() && at->may_be_sent_more(); --left)
            at->refuses = !send_next(*at);
    }
    for (auto& each : seats_) {
        each->refuses = false;
        if (each->way != nullptr) publish(*each, ours);
    }
    if (is_uneven_) want_second_look();
}

// A short one goes on to who keeps up; if it is long after all, or behind one that is, the second
// look finds that.
seat* crew_core::next_seat(clock::time_point time) noexcept {
    if (jobs_are_short() && urgent_.empty() && waiting_.first->timeout.count() == 0) {
        const auto few = depth() / 2;
        for (auto& each : seats_)
            if (each->may_be_sent_more() && each->in_lane() > 0 && each->in_lane() < most_in_lane &&
                each->keeps_up(time) &&
                (each->submitted < few || each->has_begun(each->submitted - few))) {
                is_uneven_ = true;
                return each.get();
            }
    }
    seat* const best = least_loaded(time);
    return best != nullptr && best->to_do() < depth() ? best : nullptr;
}

// A job behind a long one would wait although another worker is idle.
seat* crew_core::least_loaded(clock::time_point time) noexcept {
    const bool none_to_stuck = jobs_are_short();
    seat* best = nullptr;
    for (auto& each : seats_)
        if (each->may_be_sent_more() && !(none_to_stuck && each->is_stuck(time)) &&
            (best == nullptr || each->to_do() < best->to_do()))
            best = each.get();
    return best;
}

// --- taking back ---

bool seat::take_back(std::uint64_t number) noexcept {
    if (!way->job(number).slot.retract(number)) return false;
    job(number).call = nullptr;
    job(number).is_taken_back = true;
    ++taken_back;
    return true;
}

// Jobs are begun in order.
std::uint64_t seat::first_waiting() noexcept {
    auto number = submitted;
    while (number > answered && !has_begun(number - 1)) --number;
    return number;
}

// False: it is begun, or none.
bool crew_core::reclaim(seat& from, std::uint64_t number) noexcept {
    remote_call* const call = from.job(number).call;
    if (call == nullptr || call->is_pinned_ || !retract(*call)) return false;
    call->stage_ = remote_call::stage::waiting;
    (call->is_urgent ? urgent_ : waiting_).push_front(*call);
    return true;
}

// What was sent ahead and has not begun is not to be before an urgent one.
void crew_core::make_way_for_urgent() noexcept {
    for (auto& each : seats_) {
        if (each->way == nullptr) continue;
        const auto first = each->first_waiting();
        for (auto number = each->submitted; number > first; --number)
            if (const auto* call = each->job(number - 1).call; call != nullptr && !call->is_urgent)
                reclaim(*each, number - 1);
    }
}

// What stands behind a long job is done by a worker that has nothing to do, what has waited longest
// first: the others may wait for that. Null, or the worker that is to be sent it.
seat* crew_core::relieve(clock::time_point time) noexcept {
    seat* const idle = least_loaded(time);
    if (idle == nullptr || idle->to_do() != 0) return nullptr;
    for (auto& each : seats_) {
        if (each->way == nullptr || each->to_do() < 2 || each->cleared == each->submitted) continue;
        if (jobs_are_short() && each->keeps_up(time)) {
            is_uneven_ = true;
            continue;
        }
        for (auto number = each->first_waiting(); number != each->submitted; ++number)
            if (reclaim(*each, number)) return idle;
        each->cleared = each->submitted;
    }
    return nullptr;
}

// Nor does it wait for one to have nothing to do.
void crew_core::clear_stuck_lanes(clock::time_point time) noexcept {
    if (least_loaded(time) == nullptr) return;  // all are
    for (auto& each : seats_) {
        if (each->way == nullptr || each->cleared == each->submitted || !each->is_stuck(time))
            continue;
        const auto first = each->first_waiting();
        for (auto number = each->submitted; number > first; --number) reclaim(*each, number - 1);
        each->cleared = each->submitted;
    }
}

// --- sending ---

// False if the next has to wait.
bool crew_core::send_next(seat& at) {
    call_list& from = urgent_.empty() ? waiting_ : urgent_;
    remote_call& call = *from.first;
    if (call.timeout.count() > 0 && at.in_lane() > 0) return false;
    from.remove(call);
    try {
        if (send(at, call)) return true;
    } catch (...) {
        // There is no memory or no descriptor for its arguments, or its timer.
        if (call.stage_ == remote_call::stage::sent) retract(call);
        call.ended_as = remote_call::end::error;
        call.error = std::current_exception();
        tell_later(call);
        return true;
    }
    from.push_front(call);
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
    if (at.to_do() == 0) {
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
    const auto large = arguments.large();
    if (large == nullptr && at.arguments_end + job.size - at.arguments_begin > lane::ring_bytes)
        return false;
    if (arguments.has_segments() && !at.line->send_segments(arguments)) return false;
    if (large != nullptr) {
        job.in_segment = 1;
        job.begin = large->id();
        return true;
    }
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
