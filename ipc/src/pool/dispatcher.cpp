// See dispatcher.hpp.
#include "pool/dispatcher.hpp"

#include "pool/supervisor_core.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void dispatcher::dispatch(supervisor_lock& ours) {
    for (;;) {
        worker_slot* at = nullptr;
        std::uint64_t left = 1;
        if (core_.table.has_waiting()) {
            at = next_slot();
            left = policy_.batch();
        } else {
            at = relieve();
        }
        if (at == nullptr) break;
        for (; left > 0 && core_.table.has_waiting() && at->may_be_sent_more(); --left)
            at->refuses = !send_next(*at);
    }
    for (auto& each : core_.slots) {
        each->refuses = false;
        if (each->has_worker() && each->publish()) ours.will_wake(each->ring);
    }
}

worker_slot* dispatcher::next_slot() noexcept {
    worker_slot* const best = least_loaded();
    return best != nullptr && policy_.is_sent_more(best->load()) ? best : nullptr;
}

worker_slot* dispatcher::least_loaded() noexcept {
    const auto best = dispatch_policy::least_loaded(
        core_.slots, [](const auto& each) noexcept { return each->load(); });
    return best != core_.slots.end() ? best->get() : nullptr;
}

// --- taking back ---

bool dispatcher::retract(remote_call& call) noexcept {
    return call.is_waiting() ||
           (call.is_sent() && call.supervised.slot->retract(call.supervised.number));
}

bool dispatcher::put_back(worker_slot& from, std::uint64_t number) noexcept {
    remote_call* const call = from.job(number).call;
    if (call == nullptr || call->supervised.is_pinned || !retract(*call)) return false;
    core_.table.put_back(*call);
    return true;
}

// The last first, so that they keep their order.
void dispatcher::put_back_all(worker_slot& from, bool also_urgent) noexcept {
    if (!from.has_worker()) return;
    const auto first = from.first_unbegun();
    for (auto number = from.submitted; number > first; --number)
        if (const auto* call = from.job(number - 1).call;
            call != nullptr && (also_urgent || !call->is_urgent))
            put_back(from, number - 1);
}

void dispatcher::make_way_for_urgent() noexcept {
    for (auto& each : core_.slots) put_back_all(*each, false);
}

void dispatcher::pass_by_long_jobs() noexcept {
    for (auto& each : core_.slots) {
        if (each->is_held_up || !policy_.is_held_up(each->load(), last_read_)) continue;
        put_back_all(*each, true);
        each->is_held_up = true;  // until it answers, if only for what was taken back
    }
}

// What stands behind a long job is done by a worker that has nothing to do, what has waited longest
// first: the others may wait for that. Null, or the worker that is to be sent it.
worker_slot* dispatcher::relieve() noexcept {
    worker_slot* const idle = least_loaded();
    if (idle == nullptr || !dispatch_policy::may_help(idle->load())) return nullptr;
    for (auto& each : core_.slots) {
        if (!each->has_worker() || !dispatch_policy::may_be_helped(each->load())) continue;
        for (auto number = each->first_unbegun(); number != each->submitted; ++number)
            if (put_back(*each, number)) return idle;
    }
    return nullptr;
}

// --- sending ---

// False if the next has to wait.
bool dispatcher::send_next(worker_slot& at) {
    remote_call& call = core_.table.next();
    if (call.timeout != time_span::zero && at.in_ring() > 0) return false;
    try {
        if (send(at, call)) return true;
        // Whoever answers next makes room.
        if (std::ranges::none_of(core_.slots, [](const auto& each) {
                return each->has_worker() && each->in_ring() > 0;
            }))
            throw std::system_error(ETOOMANYREFS, std::generic_category(),
                                    "bobbin: the arguments of a job can't be sent");
    } catch (...) {
        // There is no memory or no descriptor for its arguments, or its timer.
        retract(call);
        call.error = std::current_exception();
        core_.end_later(call, remote_call::end::error);
        return true;
    }
    return false;
}

bool dispatcher::send(worker_slot& at, remote_call& call) {
    job_description job{.group = call.group, .place = call.place, .callable = call.callable};
    if (!place_arguments(at, call.arguments, job)) return false;
    at.ring.put(at.submitted, job, call.arguments.large() != nullptr);
    at.job(at.submitted) = {.call = &call, .arguments_end = at.arguments_end};
    core_.table.send(call, at, at.submitted);
    if (at.to_do() == 0) at.busy_since = clock::now();
    ++at.submitted;
    if (call.timeout != time_span::zero) core_.limits.begin(at, call);
    return true;
}

bool dispatcher::place_arguments(worker_slot& at, const payload& arguments, job_description& job) {
    job.size = arguments.bytes().size();
    const auto large = arguments.large();
    if (large == nullptr && at.arguments_end + job.size - at.arguments_begin > job_ring::ring_bytes)
        return false;
    if (arguments.has_segments() && !at.socket->send_segments(arguments)) return false;
    if (large != nullptr) {
        job.begin = large->id();
        return true;
    }
    job.begin = at.arguments_end;
    at.ring.write_arguments(job.begin, arguments.bytes());
    at.arguments_end += job.size;
    return true;
}

// --- how long jobs take ---

void dispatcher::measured(worker_slot& at, std::uint64_t jobs) {
    last_read_ = clock::now();
    const auto took = last_read_ - std::exchange(at.busy_since, last_read_);
    policy_.measured(took, jobs);
}

}}}  // namespace bobbin::v0::ipc::detail
