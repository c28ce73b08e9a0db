// The workers of a supervisor: their starts and ends.
#include "os/anonymous_file.hpp"
#include "os/control_socket.hpp"
#include "os/describe_end.hpp"
#include "os/standard_output.hpp"
#include "pool/supervisor_core.hpp"
#include "process/make_call.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/detail/os/type_name.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// What a worker does first. Nobody waits for it.
class initial_call final : public remote_call {
public:
    explicit initial_call(std::function<void(const std::exception_ptr&)> failed)
        : failed_(std::move(failed)) {}

private:
    void ended(const encoded& /*result*/) noexcept override {
        if (ended_as == end::error) failed_(error);
        delete this;
    }
    std::function<void(const std::exception_ptr&)> failed_;
};

// --- workers ---

// False if the server has to be given time.
bool supervisor_core::start_worker(worker_slot& at) {
    auto initial = first_call(options_.initializer, "the initializer");
    auto last = first_call(options_.finalizer, "the finalizer");
    auto [ours, theirs] = control_socket_pair();
    auto [holds, held] = lifeline::make();
    segment memory = segment::adopt_unsealed(create_anonymous_file(sizeof(job_ring)).release());
    auto* const ring = new (memory.data()) job_ring;
    auto line = std::make_unique<worker_line>(std::move(ours), memory);
    ring->terms.most_jobs = options_.max_tasks_per_worker + (options_.initializer ? 1 : 0);
    if (options_.max_tasks_per_worker == 0) ring->terms.most_jobs = 0;
    ring->terms.most_memory = options_.max_rss;
    ring->terms.has_initializer = options_.initializer ? 1 : 0;
    ring->terms.has_finalizer = options_.finalizer ? 1 : 0;
    ring->terms.threads = library_threads_;
    const auto output = make_output();
    const owned_descriptor printed =
        output != nullptr ? output->take_worker_end() : owned_descriptor();
    const standard_output inherited;
    // In the order of worker_descriptor.
    const std::array descriptors = {memory.descriptor(),
                                    theirs.get(),
                                    doorbell_.get(),
                                    waiter_doorbell_.get(),
                                    held.get(),
                                    printed ? printed.get() : inherited.out(),
                                    printed ? printed.get() : inherited.error()};
    worker_request wanted{.slot = at.index,
                          .environment = options_.environment,
                          .working_directory = options_.working_directory};
    if (!server_->request(std::move(wanted), descriptors)) return false;
    const auto [index, generation, failed] =
        std::tuple(at.index, at.generation + 1, at.failed_starts);
    std::destroy_at(&at);
    std::construct_at(&at);
    at.index = index;
    at.generation = generation;
    at.failed_starts = failed;
    at.memory.emplace(std::move(memory));
    at.ring = ring;
    at.line = std::move(line);
    at.holds = std::move(holds);
    at.state = slot_state::works;
    at.output = output;
    // In this order: see worker_terms.
    if (initial != nullptr) send_first(at, std::move(initial), "the initializer");
    if (last != nullptr) send_first(at, std::move(last), "the finalizer");
    return true;
}

std::shared_ptr<output_lines> supervisor_core::make_output() {
    switch (options_.output) {
        case output::inherit:
            break;
        case output::prefix:
            return std::make_shared<output_lines>(
                *driver_, [](pid_t worker, std::string_view line) {
                    std::printf("[worker %d] %.*s\n", worker, static_cast<int>(line.size()),
                                line.data());
                    std::fflush(stdout);
                });
        case output::capture:
            return std::make_shared<output_lines>(*driver_, options_.on_output);
    }
    return nullptr;
}

// Null if there is none.
std::unique_ptr<initial_call> supervisor_core::first_call(const initializer& what,
                                                          const char* name) {
    if (!what) return nullptr;
    auto call = std::make_unique<initial_call>(
        [this, name](const std::exception_ptr& error) { first_call_failed(name, error); });
    what.describe_(*call, *store_);
    call->is_pinned_ = true;
    return call;
}

void supervisor_core::send_first(worker_slot& at, std::unique_ptr<initial_call> call,
                                 const char* name) {
    try {
        if (!dispatcher_.send(at, *call))  // into an empty job ring
            throw std::system_error(
                ETOOMANYREFS, std::generic_category(),
                std::string("bobbin: what ") + name + " of a worker takes along can't be sent");
    } catch (const std::bad_alloc&) {
        at.state = slot_state::leaves;  // and there will be another
        at.ring->submitted.close();
        return;
    }
    table_.admit(*call.release());
    if (at.publish()) at.ring->submitted.wake();
}

void supervisor_core::first_call_failed(const char* name, const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& reason) {
        by_driver([&](arrivals& ended, supervisor_lock&) {
            break_down(std::string("bobbin: ") + name + " of a worker failed: " + reason.what(),
                       ended);
        });
    }
}

void supervisor_core::read_news(arrivals& ended) {
    for (;;) {
        if (!news_ && server_) news_ = next_news(*server_);
        if (!news_) return;
        if (news_->server_gone) return server_gone(ended);
        auto* const news = &*news_;
        worker_slot& at = *slots_.at(news->what.slot);
        switch (news->what.what) {
            case server_news::started:
                at.pid = news->what.pid;
                if (news->pidfd) at.pidfd = std::move(news->pidfd);
                if (at.output) at.output->listen_to(at.pid);
                // Nor is there to be one without its pidfd, for which there was no room here.
                if (at.is_leaving() || !at.pidfd) at.send_signal(SIGKILL);
                break;
            case server_news::failed:
                if (at.has_worker()) vacate(at, std::nullopt, ended);  // it may have been sent jobs
                if (!wants_worker(at)) break;
                start_failed(at,
                             "bobbin: a worker could not be started: " +
                                 std::generic_category().message(news->what.number),
                             most_errors, ended);
                break;
            case server_news::ended:
                worker_ended(at, news->status(), ended);
                break;
            default:
                break;
        }
        news_.reset();
    }
}

void supervisor_core::worker_ended(worker_slot& at, const exit_status& how, arrivals& ended) {
    if (!at.has_worker()) return;   // as there was no memory for what follows
    ended.make_room_to_vacate(at);  // before anything is counted, or read, which can't be again
    // Acquire, with the worker's release. Those that were to end are no misfortune.
    const bool was_to_end =
        at.is_leaving() || at.ring->terms.has_left.load(std::memory_order_acquire) != 0;
    const auto words =
        at.submitted == 0 || !at.has_begun(0) ? at.line->read_last_words() : std::nullopt;
    // With words it has never been a worker, which is no death of one.
    if (!was_to_end && !words)
        deaths_.count("worker " + std::to_string(at.pid) + ' ' + describe_end(how), clock::now());
    vacate(at, how, ended);
    if (!words) return;
    const std::string why = "bobbin: a worker could not be started: " + words->text;
    if (words->are_final())
        break_down(why, ended);
    else if (wants_worker(at))
        start_failed(at, why, most_errors, ended);
}

// Of its worker, which has died.
std::exception_ptr supervisor_core::death_of(const worker_slot& at,
                                             const std::optional<exit_status>& how,
                                             const remote_call& call) noexcept {
    try {
        const pid_t pid = at.pid != -1 ? at.pid : at.ring->pid.load(std::memory_order_relaxed);
        const std::type_info* const callable = type_of(call.callable);
        return std::make_exception_ptr(
            worker_died(pid, how, call.id_, call.attempt,
                        callable == nullptr ? "" : bobbin::detail::callable_name(*callable)));
    } catch (...) {
        return std::current_exception();
    }
}

// Its jobs are failed, or sent again.
void supervisor_core::vacate(worker_slot& at, std::optional<exit_status> how, arrivals& ended) {
    ended.make_room_to_vacate(at);  // nothing below throws
    // Those that it has not begun are taken back, the last first: if it is the server that died,
    // the worker may live for a moment, and go on.
    for (auto number = at.submitted; number != at.answered; --number) {
        remote_call* const call = at.job(number - 1).call;
        if (call == nullptr) continue;
        if (!at.retract(number - 1)) break;
        if (!call->is_pinned_) {
            table_.put_back(*call);
            continue;
        }
        // What its worker does first or last is no job: there will be another worker.
        table_.end(*call, remote_call::end::withdrawn);
        ended.ended.push_back(*call);
    }
    // What it has answered counts. So one is left at most, which it has begun.
    read_results(at, ended);
    for (auto number = at.answered; number != at.submitted; ++number) {
        remote_call* const call = std::exchange(at.job(number).call, nullptr);
        if (call == nullptr) continue;
        call->was_claimed_ = true;
        if (!call->is_pinned_) call->error = death_of(at, how, *call);
        table_.end(*call, call->is_pinned_ ? remote_call::end::withdrawn : remote_call::end::error);
        ended.ended.push_back(*call);
    }
    if (at.ring->pid.load(std::memory_order_relaxed) != -1) at.failed_starts = 0;
    at.ring = nullptr;
    at.holds = lifeline();
    at.state = at.state == slot_state::leaves_idle ? slot_state::dismissed : slot_state::vacant;
    ended.closed.push_back(std::move(at.line));
    if (at.output) ended.outputs.push_back(std::move(at.output));
    if (ending_) worker_gone_.notify_all();
}

// That has none, nor waits for a time to try again.
bool supervisor_core::wants_worker(worker_slot& at) noexcept {
    const bool was_dismissed = at.state == slot_state::dismissed;
    if (!was_dismissed && at.state != slot_state::vacant) return false;
    const bool is_needed = stopped_ ? table_.has_waiting() : !was_dismissed || table_.size() > 0;
    at.state = is_needed ? slot_state::vacant : slot_state::dismissed;
    return is_needed && !ending_;
}

// Where that throws, a slot is as it was.
void supervisor_core::fill_slots(arrivals& ended) {
    for (auto& each : slots_)
        if (wants_worker(*each)) replace(*each, ended);
}

void supervisor_core::replace(worker_slot& at, arrivals& ended) {
    if (!broken_.empty()) return break_down(broken_, ended);
    if (const auto deaths = deaths_.are_too_many(clock::now()))
        return break_down("bobbin: the pool is broken: " + *deaths, ended);
    if (!server_) return open_server_later();
    try {
        if (!start_worker(at))
            start_failed(at, "bobbin: the fork server does not keep up", most_errors, ended);
    } catch (const std::exception& error) {
        start_failed(at, error.what(), most_errors, ended);
    }
}

// It is tried again, as it may be for want of memory, processes or descriptors that others have
// now.
void supervisor_core::start_failed(worker_slot& at, const std::string& why, unsigned most,
                                   arrivals& ended) {
    const bool any =
        std::ranges::any_of(slots_, [](const auto& each) { return each->has_worker(); });
    const unsigned failed = at.failed_starts + 1;
    if (at.has_worker() || (!any && failed >= most)) return break_down(why, ended);
    timer_of(at).expires_after(back_off(failed));
    at.deadline->async_wait(
        [self = shared_from_this(), &at](const boost::system::error_code& error) {
            if (!error) self->start_again(at);
        });
    at.state = slot_state::awaits_start;
    at.failed_starts = failed;
}

void supervisor_core::start_again(worker_slot& at) {
    by_driver([&](arrivals& ended, supervisor_lock& ours) {
        if (at.state == slot_state::awaits_start) at.state = slot_state::vacant;
        fill_slots(ended);
        dispatcher_.dispatch(ours);
    });
}

void supervisor_core::break_down(const std::string& why, arrivals& ended) {
    if (broken_.empty()) broken_ = why;
    while (table_.has_waiting()) {
        remote_call& call = table_.next();
        table_.end(call, remote_call::end::error);
        call.error = error_of<pool_broken>(broken_);
        ended.ended.push_back(call);
    }
}

}}}  // namespace bobbin::v0::ipc::detail
