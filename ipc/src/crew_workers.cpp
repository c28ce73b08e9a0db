// The workers of a crew: their starts, ends, and limits in time.
#include "anonymous_file.hpp"
#include "control_socket.hpp"
#include "crew_core.hpp"
#include "standard_output.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <new>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bobbin::inline v0::ipc::detail {
namespace {

void send_signal(const owned_descriptor& pidfd, int signal) noexcept {
    if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

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

}  // namespace

// --- workers ---

// False if the server has to be given time.
bool crew_core::start_worker(seat& at) {
    auto [ours, theirs] = control_socket_pair();
    segment memory = segment::adopt(create_anonymous_file(sizeof(lane)).release());
    auto* const way = new (memory.data()) lane;
    way->terms.most_jobs = options_.max_tasks_per_worker + (options_.initializer ? 1 : 0);
    if (options_.max_tasks_per_worker == 0) way->terms.most_jobs = 0;
    way->terms.most_memory = options_.max_rss;
    way->terms.has_initializer = options_.initializer ? 1 : 0;
    way->terms.threads = std::max(1U, available_parallelism() / size());
    const auto output = make_output();
    const owned_descriptor printed =
        output != nullptr ? output->take_worker_end() : owned_descriptor();
    const standard_output inherited;
    // In the order of worker_descriptor.
    const std::array descriptors = {memory.descriptor(),
                                    theirs.get(),
                                    bell_.get(),
                                    waiter_bell_.get(),
                                    printed ? printed.get() : inherited.out(),
                                    printed ? printed.get() : inherited.error()};
    worker_request wanted{.seat = at.index,
                          .environment = options_.environment,
                          .working_directory = options_.working_directory};
    if (!server_->request(std::move(wanted), descriptors)) return false;
    const auto [index, generation] = std::pair(at.index, at.generation + 1);
    at.deadline.reset();
    std::destroy_at(&at);
    std::construct_at(&at);
    at.index = index;
    at.generation = generation;
    at.memory.emplace(std::move(memory));
    at.way = way;
    at.line = std::make_unique<worker_line>(std::move(ours));
    at.is_empty = false;
    at.output = output;
    if (options_.initializer) send_initializer(at);
    return true;
}

std::shared_ptr<output_lines> crew_core::make_output() {
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

void crew_core::send_initializer(seat& at) {
    auto call = std::make_unique<initial_call>(
        [this](const std::exception_ptr& error) { initializer_failed(error); });
    options_.initializer.describe_(*call, *store_);
    call->is_pinned_ = true;
    call->id_ = ++ids_;
    send(at, *call);  // into an empty lane
    static_cast<void>(call.release());
    ++calls_;
    publish(at);
}

void crew_core::initializer_failed(const std::exception_ptr& error) {
    arrivals ended;
    try {
        std::rethrow_exception(error);
    } catch (const worker_died&) {
        return;  // there will be another
    } catch (const std::exception& reason) {
        const std::lock_guard lock(mutex_);
        break_down(std::string("bobbin: the initializer of a worker failed: ") + reason.what(),
                   ended);
    }
    tell(ended);
}

void crew_core::read_news(arrivals& ended) {
    while (auto news = server_->next()) {
        if (news->server_gone) return server_gone(ended);
        seat& at = *seats_.at(news->what.seat);
        switch (news->what.what) {
            case server_news::started:
                at.pid = news->what.pid;
                at.pidfd = std::move(news->pidfd);
                if (at.output) at.output->listen_to(at.pid);
                if (at.is_damaged || at.is_leaving) send_signal(at.pidfd, SIGKILL);
                break;
            case server_news::failed:
                break_down("bobbin: a worker could not be started: " +
                               std::generic_category().message(news->what.number),
                           ended);
                worker_ended(at, std::nullopt, ended);  // it may have been sent jobs already
                break;
            case server_news::ended:
                worker_ended(at, exit_status{.code = news->what.code, .signal = news->what.signal},
                             ended);
                break;
            default:
                break;
        }
    }
}

void crew_core::worker_ended(seat& at, std::optional<exit_status> how, arrivals& ended) {
    read_results(at, ended);  // what it has answered counts
    call_list again;
    for (auto number = at.answered; number != at.submitted; ++number) {
        remote_call* const call = std::exchange(at.job(number).call, nullptr);
        if (call == nullptr) continue;
        // Taken back, not only looked at: when the server has died, the worker may live for a
        // moment.
        if (!at.way->job(number).slot.retract(number)) {
            call->was_claimed_ = true;
            call->stage_ = remote_call::stage::nowhere;
            call->ended_as = remote_call::end::error;
            call->error =
                std::make_exception_ptr(worker_died(at.pid, how, call->id_, call->attempt));
            ended.add(*call);
        } else if (call->is_pinned_) {
            call->stage_ = remote_call::stage::nowhere;
            call->ended_as = remote_call::end::withdrawn;
            ended.add(*call);
        } else {
            again.push_back(*call);
        }
    }
    while (again.last != nullptr) {
        remote_call& call = *again.last;
        again.remove(call);
        call.stage_ = remote_call::stage::waiting;
        (call.is_urgent ? urgent_ : waiting_).push_front(call);
    }
    // Acquire, with the worker's release. Those that were to end are no misfortune.
    const bool was_to_end =
        at.is_leaving || at.way->terms.has_left.load(std::memory_order_acquire) != 0;
    if (!was_to_end) restarts_.push_back(clock::now());
    at.way = nullptr;
    at.is_empty = true;
    ended.closed.push_back(std::move(at.line));
    if (at.output) ended.outputs.push_back(std::move(at.output));
    if (ending_) worker_gone_.notify_all();
    // Without a job a worker that was to end for idleness has no successor yet.
    if (!ending_ && (!at.is_idle || calls_ > 0)) replace(at, ended);
}

void crew_core::replace(seat& at, arrivals& ended) {
    if (!broken_.empty()) return break_down(broken_, ended);
    const auto [most, period] = options_.restart_intensity;
    while (!restarts_.empty() && clock::now() - restarts_.front() > period) restarts_.pop_front();
    if (restarts_.size() > most)
        return break_down("bobbin: the pool is broken: " + std::to_string(restarts_.size()) +
                              " workers have died within " + std::to_string(period.count()) + " s",
                          ended);
    try {
        if (!start_worker(at)) break_down("bobbin: the fork server does not keep up", ended);
    } catch (const std::exception& error) {
        break_down(error.what(), ended);
    }
}

// Its workers died with it, nobody knows of what.
void crew_core::server_gone(arrivals& ended) {
    server_reader_.reset();
    server_.reset();
    try {
        server_.emplace(options_.start_method);
        server_reader_ = watched_by(*driver_, server_->socket());
    } catch (const std::exception& error) {
        break_down(error.what(), ended);
    }
    for (auto& each : seats_)
        if (each->way != nullptr) worker_ended(*each, std::nullopt, ended);
}

void crew_core::break_down(const std::string& why, arrivals& ended) {
    if (broken_.empty()) broken_ = why;
    for (call_list* list : {&urgent_, &waiting_})
        while (!list->empty()) {
            remote_call& call = list->pop_front();
            call.stage_ = remote_call::stage::nowhere;
            call.ended_as = remote_call::end::error;
            call.error = std::make_exception_ptr(pool_broken(broken_));
            ended.add(call);
        }
}

// --- time ---

void crew_core::watch_time(seat& at, const remote_call& call) {
    at.has_timed_job = true;
    if (!at.deadline) at.deadline = std::make_unique<boost::asio::steady_timer>(*driver_);
    at.deadline->expires_after(call.timeout);
    at.deadline->async_wait([self = shared_from_this(), &at, generation = at.generation,
                             number = call.number_](const boost::system::error_code& error) {
        if (!error) self->time_is_up(at, generation, number);
    });
}

void crew_core::time_is_up(seat& at, std::uint64_t generation, std::uint64_t job) {
    arrivals ended;
    {
        const std::lock_guard lock(mutex_);
        if (at.way == nullptr || at.generation != generation || job < at.answered) return;
        remote_call* const call = std::exchange(at.job(job).call, nullptr);
        if (call == nullptr) return;
        call->stage_ = remote_call::stage::nowhere;
        call->ended_as = remote_call::end::error;
        call->error = std::make_exception_ptr(timed_out());
        ended.add(*call);
        if (call->is_coroutine) {
            at.line->send_stop(job);
            after_grace(at, job, SIGTERM);
        } else {
            end_worker(at, job, SIGTERM);
        }
    }
    tell(ended);
}

// Whatever it has done by the time a signal reaches it, it is sent nothing more.
void crew_core::end_worker(seat& at, std::uint64_t job, int signal) {
    at.is_leaving = true;
    send_signal(at.pidfd, signal);
    if (signal == SIGTERM) after_grace(at, job, SIGKILL);
}

void crew_core::after_grace(seat& at, std::uint64_t job, int signal) {
    at.deadline->expires_after(options_.grace);
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
            if (each->is_empty && each->is_idle && !ending_) replace(*each, ended);
        dispatch();
    }
    tell(ended);
}

}  // namespace bobbin::inline v0::ipc::detail
