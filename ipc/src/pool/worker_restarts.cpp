// See worker_restarts.hpp.
#include "pool/worker_restarts.hpp"

#include "os/describe_end.hpp"
#include "pool/supervisor_core.hpp"
#include "process/make_call.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/os/type_name.hpp>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::error_of;

namespace {

// So many attempts to start a worker may fail in a row: a second's worth, and half a minute's if it
// is the server that dies, which may be others' doing.
constexpr unsigned most_errors = 7;
constexpr unsigned most_server_deaths = 30;

}  // namespace

worker_restarts::worker_restarts(supervisor_core& core)
    : core_(core), deaths_(core.options.restart_intensity) {}

// --- what the server tells ---

// May be done again, if there was no memory.
void worker_restarts::worker_started(worker_slot& at, pid_t pid, owned_descriptor pidfd) {
    at.pid = pid;
    if (pidfd) at.pidfd = std::move(pidfd);
    if (at.output) at.output->listen_to(at.pid);
    // Nor is there to be one without its pidfd, for which there was no room here.
    if (at.is_leaving() || !at.pidfd) at.send_signal(SIGKILL);
}

void worker_restarts::worker_refused(worker_slot& at, int number, outcomes& to) {
    if (at.has_worker()) vacate(at, std::nullopt, to);  // it may have been sent jobs
    if (!wants_worker(at)) return;
    start_failed(
        at, "bobbin: a worker could not be started: " + std::generic_category().message(number),
        most_errors, to);
}

// May be done again, if there was no memory: what was found out is kept in the slot.
void worker_restarts::worker_ended(worker_slot& at, const exit_status& how, outcomes& to) {
    if (at.has_worker()) {
        to.make_room_to_vacate(at);  // before anything is counted, or read, which can't be again
        // Those that were to end are no misfortune.
        const bool was_to_end = at.is_leaving() || at.ring.has_left();
        if (!at.words && (at.submitted == 0 || !at.has_begun(0)))
            at.words = at.socket->read_last_words();
        // With words it has never been a worker, which is no death of one.
        if (!was_to_end && !at.words)
            deaths_.count("worker " + std::to_string(at.pid) + ' ' + describe_end(how),
                          clock::now());
        vacate(at, how, to);
    }
    if (!at.words) return;
    const std::string why = "bobbin: a worker could not be started: " + at.words->text;
    if (at.words->are_final())
        break_down(why, to);
    else if (wants_worker(at))
        start_failed(at, why, most_errors, to);
    at.words.reset();
}

void worker_restarts::server_gone(const std::string& why, bool has_ended, bool was_final,
                                  outcomes& to) {
    if (!core_.is_ending() && was_final) break_down("bobbin: " + why, to);
    for (auto& each : core_.slots) {
        if (!each->has_worker()) continue;
        each->send_signal(SIGKILL);  // it may have been stopped before it could be told
        const bool had_started = each->pid >= 0;
        vacate(*each, std::nullopt, to);
        each->lost_its_start = !had_started;
    }
    for (auto& each : core_.slots) {
        if (!each->lost_its_start) continue;
        if (wants_worker(*each))
            start_failed(*each, "bobbin: " + why, has_ended ? most_server_deaths : most_errors, to);
        each->lost_its_start = false;
    }
    if (has_ended) deaths_.count(why, clock::now());
}

// --- what a worker leaves ---

// The error of a job whose worker has died.
std::exception_ptr worker_restarts::death_of(const worker_slot& at,
                                             const std::optional<exit_status>& how,
                                             const remote_call& call) noexcept {
    try {
        const pid_t pid = at.pid != -1 ? at.pid : at.ring.pid();
        const std::type_info* const callable = type_of(call.callable);
        return std::make_exception_ptr(
            worker_died(pid, how, call.supervised.id, call.attempt,
                        callable == nullptr ? "" : bobbin::detail::callable_name(*callable)));
    } catch (...) {
        return std::current_exception();
    }
}

// Its jobs fail, or wait again.
void worker_restarts::vacate(worker_slot& at, std::optional<exit_status> how, outcomes& to) {
    to.make_room_to_vacate(at);  // nothing below throws
    // Those that it has not begun are taken back, the last first: if it is the server that died,
    // the worker may live for a moment, and go on.
    for (auto number = at.submitted; number != at.answered; --number) {
        remote_call* const call = at.job(number - 1).call;
        if (call == nullptr) continue;
        if (!at.retract(number - 1)) break;
        if (!call->supervised.is_pinned) {
            core_.table.put_back(*call);
            continue;
        }
        // What its worker does first or last is no job: there will be another worker.
        core_.table.end(*call, remote_call::end::withdrawn);
        to.ended.push_back(*call);
    }
    // What it has answered counts. So one is left at most, which it has begun.
    core_.results.read(at, to);
    for (auto number = at.answered; number != at.submitted; ++number) {
        remote_call* const call = std::exchange(at.job(number).call, nullptr);
        if (call == nullptr) continue;
        const bool is_pinned = call->supervised.is_pinned;
        call->supervised.has_run = true;
        if (!is_pinned) call->error = death_of(at, how, *call);
        core_.table.end(*call, is_pinned ? remote_call::end::withdrawn : remote_call::end::error);
        to.ended.push_back(*call);
    }
    if (at.ring.pid() != -1) at.failed_starts = 0;
    at.ring = supervisor_end();
    at.holds = lifeline();
    at.become(at.state == slot_state::leaves_idle ? slot_state::dismissed : slot_state::vacant);
    to.closed.push_back(std::move(at.socket));
    if (at.output) to.outputs.push_back(std::move(at.output));
    if (core_.is_ending()) worker_gone_.notify_all();
}

// --- the next ones ---

// That has none, nor waits for a time to try again.
bool worker_restarts::wants_worker(worker_slot& at) noexcept {
    const bool was_dismissed = at.state == slot_state::dismissed;
    if (!was_dismissed && at.state != slot_state::vacant) return false;
    const bool is_needed =
        core_.was_stopped() ? core_.table.has_waiting() : !was_dismissed || core_.table.size() > 0;
    at.become(is_needed ? slot_state::vacant : slot_state::dismissed);
    return is_needed && !core_.is_ending();
}

void worker_restarts::fill(outcomes& to) {
    for (auto& each : core_.slots)
        if (wants_worker(*each)) replace(*each, to);
}

void worker_restarts::replace(worker_slot& at, outcomes& to) {
    if (!broken_.empty()) return break_down(broken_, to);
    if (const auto deaths = deaths_.are_too_many(clock::now()))
        return break_down("bobbin: the pool is broken: " + *deaths, to);
    if (!core_.server.has_session()) return core_.server.open_later();
    try {
        if (!core_.starter.start(at))
            start_failed(at, "bobbin: the fork server does not keep up", most_errors, to);
    } catch (const std::exception& error) {
        start_failed(at, error.what(), most_errors, to);
    }
}

void worker_restarts::put_off(const std::string& why, outcomes& to) {
    for (auto& each : core_.slots)
        if (wants_worker(*each)) start_failed(*each, why, most_errors, to);
}

// It is tried again, as it may be for want of memory, processes or descriptors that others have
// now.
void worker_restarts::start_failed(worker_slot& at, const std::string& why, unsigned most,
                                   outcomes& to) {
    const bool any =
        std::ranges::any_of(core_.slots, [](const auto& each) { return each->has_worker(); });
    const unsigned failed = at.failed_starts + 1;
    if (at.has_worker() || (!any && failed >= most)) return break_down(why, to);
    core_.limits.timer_of(at).expires_after(back_off(failed));
    at.timer->async_wait(
        [this, core = core_.shared_from_this(), &at](const boost::system::error_code& error) {
            if (!error) start_again(at);
        });
    at.become(slot_state::awaits_start);
    at.failed_starts = failed;
}

void worker_restarts::start_again(worker_slot& at) {
    core_.by_driver([&](outcomes& to, supervisor_lock& ours) {
        if (at.state == slot_state::awaits_start) at.become(slot_state::vacant);
        fill(to);
        core_.sending.dispatch(ours);
    });
}

void worker_restarts::break_down(const std::string& why, outcomes& to) {
    if (broken_.empty()) broken_ = why;
    while (core_.table.has_waiting()) {
        remote_call& call = core_.table.next();
        core_.table.end(call, remote_call::end::error);
        call.error = error_of<pool_broken>(broken_);
        to.ended.push_back(call);
    }
}

// --- the pool's end ---

// The server kills who is left when it is told of the end.
void worker_restarts::await_finish(std::unique_lock<std::mutex>& lock, bool was_stopped) {
    if (!core_.server.is_heard()) return;  // nobody would be told of their ends
    const deadline until = was_stopped ? deadline::after(core_.options.grace) : deadline::never;
    const auto finishes = [this](const auto& each) {
        return each->has_worker() && (core_.options.finalizer || each->ring.has_state());
    };
    const auto none_does = [&] { return std::ranges::none_of(core_.slots, finishes); };
    if (until.is_never())
        worker_gone_.wait(lock, none_does);
    else
        worker_gone_.wait_until(lock, until.time(), none_does);
}

// Of workers, which have nothing left to do; if anybody is told that.
void worker_restarts::await_last_lines(std::unique_lock<std::mutex>& lock) {
    if (core_.options.output == output::inherit || !core_.server.is_heard()) return;
    worker_gone_.wait_for(lock, std::chrono::seconds(10), [this] {
        return std::ranges::none_of(core_.slots,
                                    [](const auto& each) { return each->has_worker(); });
    });
}

void worker_restarts::forget_calls(worker_slot& at, outcomes& to) noexcept {
    for (auto number = at.answered; number != at.submitted; ++number)
        if (remote_call* const call = std::exchange(at.job(number).call, nullptr)) {
            core_.table.end(*call, remote_call::end::withdrawn);
            to.ended.push_back(*call);
        }
}

}}}  // namespace bobbin::v0::ipc::detail
