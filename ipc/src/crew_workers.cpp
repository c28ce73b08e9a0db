// The workers of a crew: their starts and ends.
#include "anonymous_file.hpp"
#include "control_socket.hpp"
#include "crew_core.hpp"
#include "describe_end.hpp"
#include "standard_output.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/worker_died.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace bobbin::inline v0::ipc::detail {
namespace {

// So many attempts to start a worker may fail in a row: a second's worth, and half a minute's if it
// is the server that dies, which may be others' doing.
constexpr unsigned most_errors = 7;
constexpr unsigned most_server_deaths = 30;

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
    auto [holds, held] = lifeline::make();
    segment memory = segment::adopt_unsealed(create_anonymous_file(sizeof(lane)).release());
    auto* const way = new (memory.data()) lane;
    auto line = std::make_unique<worker_line>(std::move(ours), memory);
    way->terms.most_jobs = options_.max_tasks_per_worker + (options_.initializer ? 1 : 0);
    if (options_.max_tasks_per_worker == 0) way->terms.most_jobs = 0;
    way->terms.most_memory = options_.max_rss;
    way->terms.has_initializer = options_.initializer ? 1 : 0;
    way->terms.has_finalizer = options_.finalizer ? 1 : 0;
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
                                    held.get(),
                                    printed ? printed.get() : inherited.out(),
                                    printed ? printed.get() : inherited.error()};
    worker_request wanted{.seat = at.index,
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
    at.way = way;
    at.line = std::move(line);
    at.holds = std::move(holds);
    at.is_empty = false;
    at.output = output;
    // In this order: see worker_terms.
    if (options_.initializer) send_first(at, options_.initializer, "the initializer");
    if (options_.finalizer) send_first(at, options_.finalizer, "the finalizer");
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

void crew_core::send_first(seat& at, const initializer& what, const char* name) {
    auto call = std::make_unique<initial_call>(
        [this, name](const std::exception_ptr& error) { first_call_failed(name, error); });
    what.describe_(*call, *store_);
    call->is_pinned_ = true;
    call->id_ = ++ids_;
    if (!send(at, *call))  // into an empty lane
        throw std::system_error(
            ETOOMANYREFS, std::generic_category(),
            std::string("bobbin: what ") + name + " of a worker takes along can't be sent");
    static_cast<void>(call.release());
    ++calls_;
    if (at.publish()) at.way->submitted.wake();
}

void crew_core::first_call_failed(const char* name, const std::exception_ptr& error) {
    arrivals ended;
    try {
        std::rethrow_exception(error);
    } catch (const worker_died&) {
        return;  // there will be another
    } catch (const std::exception& reason) {
        const std::lock_guard lock(mutex_);
        break_down(std::string("bobbin: ") + name + " of a worker failed: " + reason.what(), ended);
    }
    tell(ended);
}

std::optional<fork_session::news> crew_core::next_news() {
    try {
        return server_->next();
    } catch (const std::bad_alloc&) {
        return std::nullopt;  // it is still there, so it is read with the next look
    } catch (const std::system_error&) {
        // The program has closed its socket: the server sees that as the session's end, too.
        return fork_session::news{.what = {}, .pidfd = {}, .server_gone = true};
    }
}

void crew_core::read_news(arrivals& ended) {
    while (auto news = next_news()) {
        if (news->server_gone) return server_gone(ended);
        seat& at = *seats_.at(news->what.seat);
        switch (news->what.what) {
            case server_news::started:
                at.pid = news->what.pid;
                at.pidfd = std::move(news->pidfd);
                at.failed_starts = 0;
                if (at.output) at.output->listen_to(at.pid);
                // Nor is there to be one without its pidfd, for which there was no room here.
                if (at.is_damaged || at.is_leaving || !at.pidfd) at.send_signal(SIGKILL);
                break;
            case server_news::failed:
                vacate(at, std::nullopt, ended);  // it may have been sent jobs already
                if (ending_) break;
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
    }
}

void crew_core::worker_ended(seat& at, const exit_status& how, arrivals& ended) {
    // Acquire, with the worker's release. Those that were to end are no misfortune.
    const bool was_to_end =
        at.is_leaving || at.way->terms.has_left.load(std::memory_order_acquire) != 0;
    const auto words =
        at.submitted == 0 || !at.has_begun(0) ? at.line->read_last_words() : std::nullopt;
    if (!was_to_end) count_death("worker " + std::to_string(at.pid) + ' ' + describe_end(how));
    vacate(at, how, ended);
    if (!words) {
        if (wants_worker(at)) replace(at, ended);
        return;
    }
    const std::string why = "bobbin: a worker could not be started: " + words->text;
    if (words->are_final())
        break_down(why, ended);
    else if (wants_worker(at))
        start_failed(at, why, most_errors, ended);
}

void crew_core::count_death(std::string of) {
    restarts_.push_back(clock::now());
    last_death_ = std::move(of);
}

// Its jobs are failed, or sent again.
void crew_core::vacate(seat& at, std::optional<exit_status> how, arrivals& ended) {
    // Those that it has not begun are taken back, the last first: if it is the server that died,
    // the worker may live for a moment, and go on.
    call_list again;
    for (auto number = at.submitted; number != at.answered; --number) {
        remote_call* const call = at.job(number - 1).call;
        if (call == nullptr) continue;
        if (!at.take_back(number - 1)) break;
        again.push_front(*call);
    }
    // What it has answered counts. So one is left at most, which it has begun.
    read_results(at, ended);
    for (auto number = at.answered; number != at.submitted; ++number) {
        remote_call* const call = std::exchange(at.job(number).call, nullptr);
        if (call == nullptr) continue;
        call->was_claimed_ = true;
        leaves_table(*call);
        call->ended_as = remote_call::end::error;
        call->error = std::make_exception_ptr(worker_died(at.pid, how, call->id_, call->attempt));
        ended.add(*call);
    }
    while (again.last != nullptr) {
        remote_call& call = *again.last;
        again.remove(call);
        if (call.is_pinned_) {
            leaves_table(call);
            call.ended_as = remote_call::end::withdrawn;
            ended.add(call);
        } else {
            call.stage_ = remote_call::stage::waiting;
            (call.is_urgent ? urgent_ : waiting_).push_front(call);
        }
    }
    at.way = nullptr;
    at.holds = lifeline();
    at.is_empty = true;
    ended.closed.push_back(std::move(at.line));
    if (at.output) ended.outputs.push_back(std::move(at.output));
    if (ending_) worker_gone_.notify_all();
}

// If not, it has one when there is a job: see `rouse`.
bool crew_core::wants_worker(seat& at) noexcept {
    at.is_idle = stopped_ ? !has_waiting() : at.is_idle && calls_ == 0;
    return !ending_ && !at.is_idle;
}

void crew_core::replace(seat& at, arrivals& ended) {
    if (!broken_.empty()) return break_down(broken_, ended);
    const auto [most, period] = options_.restart_intensity;
    while (!restarts_.empty() && clock::now() - restarts_.front() > period.nanoseconds())
        restarts_.pop_front();
    if (restarts_.size() > most)
        return break_down("bobbin: the pool is broken: " + std::to_string(restarts_.size()) +
                              " workers have died" +
                              (period.is_endless() ? "" : " within " + to_string(period)) +
                              ". The last death: " + last_death_,
                          ended);
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
void crew_core::start_failed(seat& at, const std::string& why, unsigned most, arrivals& ended) {
    const bool any = std::ranges::any_of(seats_, [](const auto& each) { return !each->is_empty; });
    ++at.failed_starts;
    if (!at.is_empty || (!any && at.failed_starts >= most)) return break_down(why, ended);
    timer_of(at).expires_after(back_off(at.failed_starts));
    at.deadline->async_wait(
        [self = shared_from_this(), &at](const boost::system::error_code& error) {
            if (!error) self->start_again(at);
        });
}

void crew_core::start_again(seat& at) {
    arrivals ended;
    {
        turn ours(*this);
        if (at.is_empty && wants_worker(at)) replace(at, ended);
        dispatch(ours);
    }
    tell(ended);
}

// Its workers died with it, nobody knows of what. That is one misfortune.
void crew_core::server_gone(arrivals& ended) {
    server_process& gone = server_->server();
    // If not it may be about to, which the next session will show; or it has no descriptors.
    const bool has_ended = gone.has_ended();
    const bool was_final = has_ended && gone.ended_for_good();
    const std::string why =
        has_ended ? gone.describe_end() : "the fork server has no descriptor left (ulimit -n)";
    server_reader_.reset();
    server_.reset();
    if (has_ended) count_death(why);
    if (!ending_ && was_final) break_down("bobbin: " + why, ended);
    for (auto& each : seats_) {
        if (each->is_empty) continue;
        each->send_signal(SIGKILL);  // it may have been stopped before it could be told
        const bool had_started = each->pid >= 0;
        vacate(*each, std::nullopt, ended);
        if (!wants_worker(*each)) continue;
        if (had_started)
            replace(*each, ended);
        else
            start_failed(*each, "bobbin: " + why, has_ended ? most_server_deaths : most_errors,
                         ended);
    }
}

void crew_core::open_server_later() {
    if (std::exchange(is_opening_server_, true)) return;
    boost::asio::post(driver_->get_executor(),
                      [self = shared_from_this()] { self->open_server(); });
}

// Without the lock, as others may be starting one. What it is asked before it is ready it does
// then; what comes of it instead is seen like any end of a server.
void crew_core::open_server() {
    std::optional<fork_session> opened;
    std::string why;
    bool may_try_again = true;
    try {
        opened.emplace(fork_session::begin(options_.start_method));
    } catch (const std::logic_error& error) {
        why = error.what();
        may_try_again = false;
    } catch (const std::exception& error) {
        why = error.what();
    }
    arrivals ended;
    {
        turn ours(*this);
        is_opening_server_ = false;
        if (ending_) return;
        try {
            if (opened) server_reader_ = watched_by(*driver_, opened->descriptor());
        } catch (const std::exception& error) {
            why = error.what();
        }
        if (server_reader_) server_ = std::move(opened);
        if (!may_try_again) break_down(why, ended);
        for (auto& each : seats_) {
            if (!each->is_empty || !wants_worker(*each)) continue;
            if (server_)
                replace(*each, ended);
            else if (may_try_again)
                start_failed(*each, why, most_errors, ended);
        }
        dispatch(ours);
    }
    tell(ended);
    if (server_reader_) {
        listen_to_server();
        limit_start_of_server();
    }
}

// One that is stopped, for example, is no server: it is killed, and there will be another.
void crew_core::limit_start_of_server() {
    if (server_->server().is_ready()) return;
    if (!server_timer_) server_timer_.emplace(*driver_);
    server_timer_->expires_after(server_process::patience);
    server_timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        const std::lock_guard lock(self->mutex_);
        if (!error && self->server_ && !self->server_->server().is_ready())
            self->server_->server().kill();
    });
}

void crew_core::break_down(const std::string& why, arrivals& ended) {
    if (broken_.empty()) broken_ = why;
    for (call_list* list : {&urgent_, &waiting_})
        while (!list->empty()) {
            remote_call& call = list->pop_front();
            leaves_table(call);
            call.ended_as = remote_call::end::error;
            call.error = std::make_exception_ptr(pool_broken(broken_));
            ended.add(call);
        }
}

}  // namespace bobbin::inline v0::ipc::detail
