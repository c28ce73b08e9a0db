// See supervisor_core.hpp: how it is made and ends, and what callers ask of it.
#include "pool/supervisor_core.hpp"

#include "os/anonymous_file.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

supervisor_core::supervisor_core(const process_pool_options& wanted)
    : options(wanted), server(*this, wanted.start_method) {
    for (std::uint32_t i = 0; i < options.workers; ++i) {
        slots.push_back(std::make_unique<worker_slot>());
        slots.back()->index = i;
    }
}

void supervisor_core::start() {
    refuse_what_does_not_fit(options.workers * sizeof(job_ring));
    server.await();
    // Told by the driver, as what workers print is.
    const auto to = std::make_shared<outcomes>();
    bool is_heard = false;
    try {
        const std::lock_guard lock(mutex);
        for (auto& each : slots)
            while (server.has_session() && !starter.start(*each)) server.wait_and_hear(*to);
        results.open();
        server.open_to_driver();
        is_heard = server.is_heard();
        static_cast<void>(driver.add_chores());  // if a worker has ended already, or the server
    } catch (...) {
        driver.post([self = shared_from_this(), to] { self->tell(*to); });
        throw;
    }
    driver.post([self = shared_from_this(), to, is_heard] {
        self->tell(*to);
        self->results.listen();
        if (is_heard) self->server.listen();
    });
}

void supervisor_core::end() {
    {
        std::unique_lock lock(mutex);
        const bool was_stopped = std::exchange(life_, life::ends) == life::stopped;
        for (auto& each : slots)
            if (each->has_worker()) {
                each->ring.close();
                // No time of grace now, for those that were to end, or run what was given up.
                if (each->state > slot_state::leaves_idle ||
                    (each->to_do() > 0 && !each->has_results()))
                    each->send_signal(SIGKILL);
            }
        restarts.await_finish(lock, was_stopped);
        restarts.await_last_lines(lock);
    }
    driver.post([self = shared_from_this()] {
        self->results.close();
        self->server.close();
        self->limits.cancel_all();
        // Not later: they are the driver's. And nobody is left to have a time of grace.
        self->by_driver([&](outcomes& to, supervisor_lock&) {
            to.outputs.reserve(self->slots.size());
            for (auto& each : self->slots) {
                each->timer.reset();
                if (each->output) to.outputs.push_back(std::move(each->output));
                self->restarts.forget_calls(*each, to);
            }
        });
    });
    driver.end();
    server.end();
}

void supervisor_core::leave_to_parent() noexcept {
    itself_ = shared_from_this();
    left_to_parent::leave_to_parent();
}

// --- the driver ---

void supervisor_core::tell(outcomes& those) noexcept {
    const auto counts = those.tell();
    bool has_waiter = false;
    {
        const auto lock = lock_spinning(mutex);
        table.told(counts.told, counts.closed);
        has_waiter = results.has_waiter();
        if (table.is_drained()) drained_.notify_all();
        if (table.size() == 0 && counts.told > 0) limits.begin_idleness();
    }
    if (has_waiter) results.wake_waiter();  // it may have been its job
}

void supervisor_core::do_chores() {
    bool opens_server = false;
    by_driver([&](outcomes& to, supervisor_lock& ours) {
        if (is_ending()) return;
        if (was_stopped() && table.size() > 0) limits.end_running_later();
        limits.watch_idleness_if_begun();
        limits.send_owed_stops();
        restarts.fill(to);  // also of workers that went for idleness
        sending.dispatch(ours);
        opens_server = server.is_to_be_opened();
    });
    if (opens_server) server.open();
}

void supervisor_core::end_later(remote_call& call, remote_call::end how) noexcept {
    if (table.end_later(call, how)) driver.wake();
}

// --- callers ---

void supervisor_core::post(std::span<remote_call* const> calls) {
    supervisor_lock ours = lock();
    post(ours, calls);
}

bool supervisor_core::post_again(remote_call& call) {
    supervisor_lock ours = lock();
    if (was_stopped() || call.supervised.was_asked_to_stop) return false;
    ++call.attempt;
    remote_call* const one = &call;
    post(ours, std::span(&one, 1));
    return true;
}

void supervisor_core::post(supervisor_lock& ours, std::span<remote_call* const> calls) {
    if (!restarts.broken().empty()) throw pool_broken(restarts.broken());
    const bool were_dismissed = std::ranges::any_of(
        slots, [](const auto& each) { return each->state == slot_state::dismissed; });
    if (were_dismissed && driver.add_chores()) ours.will_wake_driver();  // they come back
    bool any_is_urgent = false;
    for (remote_call* each : calls) {
        table.post(*each);
        any_is_urgent |= each->is_urgent;
    }
    if (any_is_urgent) sending.make_way_for_urgent();
    if (was_stopped()) {  // it came too late
        for (remote_call* each : calls) withdraw_now(*each);
        return;
    }
    sending.dispatch(ours);
    if (table.is_awaited()) results.hurry(ours);
}

void supervisor_core::awaited(remote_call& call) noexcept {
    supervisor_lock ours = lock();
    if (table.await(call)) results.hurry(ours);
}

void supervisor_core::close_later(remote_call& call) noexcept {
    const std::lock_guard lock(mutex);
    if (table.close_later(call)) driver.wake();
}

bool supervisor_core::withdraw_now(remote_call& call) noexcept {
    if (!dispatcher::retract(call)) return false;
    if (call.supervised.has_run) {  // and waits for its next attempt
        call.supervised.was_asked_to_stop = true;
        call.error = bobbin::detail::error_of<cancelled>();
        end_later(call, remote_call::end::error);
    } else {
        end_later(call, remote_call::end::withdrawn);
    }
    return true;
}

void supervisor_core::stop_one(remote_call& call) noexcept {
    if (withdraw_now(call) || !call.is_sent() || !call.is_coroutine) return;
    if (!call.supervised.slot->socket->send_stop(call.supervised.number))
        driver.wants_chores_done();
}

bool supervisor_core::withdraw(remote_call& call) noexcept {
    const std::lock_guard lock(mutex);
    return withdraw_now(call) && !call.supervised.has_run;
}

void supervisor_core::ask_to_stop(remote_call& call) noexcept {
    const std::lock_guard lock(mutex);
    call.supervised.was_asked_to_stop = true;
    stop_one(call);
}

void supervisor_core::stop() noexcept {
    const std::lock_guard lock(mutex);
    while (table.has_waiting()) stop_one(table.next());
    for (auto& at : slots)
        for (auto number = at->answered; number != at->submitted; ++number)
            if (remote_call* const each = at->job(number).call) stop_one(*each);
    if (life_ == life::open) life_ = life::stopped;
    driver.wants_chores_done();  // for the time of grace
}

bool supervisor_core::has_begun(const remote_call& call) const noexcept {
    const std::lock_guard lock(mutex);
    const auto& where = call.supervised;
    return where.has_run || (call.is_sent() && where.slot->ring.is_claimed(where.number));
}

void supervisor_core::hold() noexcept {
    const std::lock_guard lock(mutex);
    table.hold();
}
void supervisor_core::release() noexcept {
    const std::lock_guard lock(mutex);
    table.release();
    if (table.is_drained()) drained_.notify_all();
}
void supervisor_core::drain() {
    {
        supervisor_lock ours = lock();  // whose end may ring the doorbell
        table.begin_to_drain();
        results.hurry(ours);
    }
    std::unique_lock held(mutex);
    drained_.wait(held, [this] { return table.is_drained(); });
    table.drained();
}

}}}  // namespace bobbin::v0::ipc::detail
