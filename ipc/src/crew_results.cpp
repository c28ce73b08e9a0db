// What comes back from workers: results, and their ends.
#include "anonymous_file.hpp"
#include "control_socket.hpp"
#include "crew_core.hpp"
#include "exception_codec.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <csignal>
#include <new>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace bobbin::inline v0::ipc::detail {
namespace {

void send_signal(const owned_descriptor& pidfd, int signal) noexcept {
    if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

}  // namespace

// --- results ---

bool crew_core::read_results(seat& at, arrivals& to) {
    if (at.way == nullptr || at.is_damaged) return false;
    // Acquire, with the worker's release.
    const std::uint64_t finished = at.way->finished.load(std::memory_order_acquire);
    const std::uint64_t before = at.answered;
    while (at.results_read != finished) {
        result_header header;
        at.way->results.read(at.results_read, std::as_writable_bytes(std::span(&header, 1)));
        if (!can_be(at, header, finished - at.results_read)) {
            at.is_damaged = true;
            send_signal(at.pidfd, SIGKILL);
            break;
        }
        const std::size_t begin = to.bytes.size();
        const std::size_t here = header.segment == 0 ? header.size : 0;
        to.bytes.resize(begin + here);
        at.way->results.read(at.results_read + sizeof header, std::span(to.bytes).subspan(begin));
        at.results_read += sizeof header + here;
        seat::sent& sent = at.job(at.answered++);
        at.arguments_begin = sent.arguments_end;
        remote_call* const call = std::exchange(sent.call, nullptr);
        if (call == nullptr) continue;
        call->stage_ = remote_call::stage::nowhere;
        to.all.push_back({call, at.line.get(), header.what, begin, header.size, header.segment});
    }
    if (at.answered == before) return false;
    at.has_timed_job = false;
    if (at.deadline) at.deadline->cancel();
    measured(at, at.answered - before);
    return true;
}

bool crew_core::can_be(const seat& at, const result_header& header,
                       std::uint64_t left) const noexcept {
    return left <= lane::ring_bytes && left >= sizeof header && at.answered != at.submitted &&
           header.job == at.answered &&
           (header.segment != 0 || header.size <= left - sizeof header);
}

void crew_core::measured(seat& at, std::uint64_t jobs) {
    const auto time = clock::now();
    const double each = std::chrono::duration<double, std::nano>(time - at.busy_since).count() /
                        static_cast<double>(jobs);
    at.busy_since = time;
    constexpr double weight = 0.25;
    job_ns_ = job_ns_ == 0 ? each : job_ns_ + weight * (each - job_ns_);
}

// --- the driver ---

void crew_core::tell(arrivals& those) {
    for (const auto& each : those.all) tell_one(each, those);
    const std::lock_guard lock(mutex_);
    calls_ -= those.all.size();
    if (calls_ == 0 && holders_ == 0) idle_.notify_all();
}

void crew_core::tell_one(const arrivals::one& each, const arrivals& of) noexcept {
    remote_call& call = *each.call;
    remote_call::encoded result;
    result.segments = each.line;
    if (each.line == nullptr) return call.ended(result);  // it is said already how
    std::optional<segment> large;
    call.ended_as =
        each.what == answer::skipped ? remote_call::end::skipped : remote_call::end::value;
    try {
        result.bytes = std::span(of.bytes).subspan(each.begin, each.segment == 0 ? each.size : 0);
        if (each.segment != 0) {
            large = each.line->find(each.segment);
            if (each.size > large->size())
                throw protocol_error("bobbin: a worker's result is larger than its segment");
            result.bytes = {large->data(), each.size};
        }
        if (each.what == answer::error) {
            decoder from(reader(result.bytes), result.segments);
            call.error = decode_exception(from);
            call.ended_as = remote_call::end::error;
        }
    } catch (...) {
        call.error = std::current_exception();
        call.ended_as = remote_call::end::error;
    }
    call.ended(result);
}

bool crew_core::look_at_results() {
    arrivals_.all.clear();
    arrivals_.bytes.clear();
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        // Also what was taken back has taken its place in a lane until now.
        for (auto& each : seats_) any = read_results(*each, arrivals_) || any;
        if (any) dispatch();
    }
    tell(arrivals_);
    // Only now: the segments of results are their worker's again.
    for (auto& each : seats_)
        if (each->way != nullptr && each->way->read.own() != each->results_read)
            each->way->read.publish(each->results_read);
    return any;
}

// Asks for the bell, and looks once more: see the worker.
bool crew_core::must_look_again() {
    const std::lock_guard lock(mutex_);
    for (auto& each : seats_)
        if (each->way != nullptr) each->way->bell_wanted.exchange(1, std::memory_order_acq_rel);
    return std::ranges::any_of(seats_, [](const auto& each) {
        return each->way != nullptr && !each->is_damaged &&
               each->way->finished.load(std::memory_order_relaxed) != each->results_read;
    });
}

void crew_core::listen_to_bell() {
    while (look_at_results() || must_look_again()) {
    }
    bell_reader_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                             [self = shared_from_this()](const boost::system::error_code& error) {
                                 if (error || !self->bell_reader_) return;
                                 eventfd_t ignored = 0;
                                 ::eventfd_read(self->bell_.get(), &ignored);
                                 self->listen_to_bell();
                             });
}

void crew_core::listen_to_server() {
    server_reader_->async_wait(boost::asio::posix::descriptor_base::wait_read,
                               [self = shared_from_this()](const boost::system::error_code& error) {
                                   if (error || !self->server_reader_) return;
                                   arrivals ended;
                                   {
                                       const std::lock_guard lock(self->mutex_);
                                       self->read_news(ended);
                                       self->dispatch();
                                   }
                                   self->tell(ended);
                                   if (self->server_reader_) self->listen_to_server();
                               });
}

// --- workers ---

// False if the server has to be given time.
bool crew_core::start_worker(seat& at) {
    auto [ours, theirs] = control_socket_pair();
    segment memory = segment::adopt(create_anonymous_file(sizeof(lane)).release());
    auto* const way = new (memory.data()) lane;
    const std::array descriptors = {memory.descriptor(), theirs.get(), bell_.get()};
    worker_request wanted{.seat = at.index,
                          .environment = options_.environment,
                          .working_directory = options_.working_directory};
    if (!server_->request(std::move(wanted), descriptors)) return false;
    const std::uint32_t index = at.index;
    at.deadline.reset();
    std::destroy_at(&at);
    std::construct_at(&at);
    at.index = index;
    at.memory.emplace(std::move(memory));
    at.way = way;
    at.line = std::make_unique<worker_line>(std::move(ours));
    return true;
}

void crew_core::read_news(arrivals& ended) {
    while (auto news = server_->next()) {
        if (news->server_gone) return server_gone(ended);
        seat& at = *seats_.at(news->what.seat);
        switch (news->what.what) {
            case server_news::started:
                at.pid = news->what.pid;
                at.pidfd = std::move(news->pidfd);
                if (at.is_damaged || at.has_expired) send_signal(at.pidfd, SIGKILL);
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
    at.way = nullptr;
    ended.closed.push_back(std::move(at.line));
    if (!ending_) replace(at, ended);
}

void crew_core::replace(seat& at, arrivals& ended) {
    if (!broken_.empty()) return break_down(broken_, ended);
    const auto time = clock::now();
    if (!at.has_expired) restarts_.push_back(time);  // those we end are no misfortune
    while (!restarts_.empty() && time - restarts_.front() > options_.restart_period)
        restarts_.pop_front();
    if (restarts_.size() > options_.most_restarts)
        return break_down("bobbin: the pool is broken: " + std::to_string(restarts_.size()) +
                              " workers have died within " +
                              std::to_string(options_.restart_period.count()) + " s",
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
    at.deadline->async_wait([self = shared_from_this(), &at,
                             number = call.number_](const boost::system::error_code& error) {
        if (!error) self->time_is_up(at, number);
    });
}

void crew_core::time_is_up(seat& at, std::uint64_t job) {
    arrivals ended;
    {
        const std::lock_guard lock(mutex_);
        remote_call* const call = at.way != nullptr && job >= at.answered && job < at.submitted
                                      ? std::exchange(at.job(job).call, nullptr)
                                      : nullptr;
        if (call == nullptr) return;  // it has ended just before
        call->stage_ = remote_call::stage::nowhere;
        call->ended_as = remote_call::end::error;
        call->error = std::make_exception_ptr(timed_out());
        ended.add(*call);
        at.has_expired = true;
        send_signal(at.pidfd, SIGKILL);
    }
    tell(ended);
}

// --- crew ---

crew::crew(const process_pool_options& options) : core_(std::make_shared<crew_core>(options)) {
    try {
        core_->start();
    } catch (const boost::system::system_error& error) {
        core_->end();
        throw std::system_error(error.code(), "bobbin: a process_pool");
    } catch (...) {
        core_->end();
        throw;
    }
}
void crew::end() {
    core_->end();
}
void crew::stop() noexcept {
    core_->stop();
}
void crew::post(std::span<remote_call* const> calls) {
    core_->post(calls);
}
bool crew::take_back(remote_call& call) noexcept {
    return core_->take_back(call);
}
void crew::ask_to_stop(remote_call& call) noexcept {
    core_->ask_to_stop(call);
}
bool crew::has_begun(const remote_call& call) const noexcept {
    return core_->has_begun(call);
}
std::uint32_t crew::new_group() noexcept {
    return core_->new_group();
}
segment_store& crew::store() noexcept {
    return core_->store();
}
unsigned crew::size() const noexcept {
    return core_->size();
}
thread_pool& crew::driver() noexcept {
    return core_->driver();
}
void crew::drain() {
    core_->drain();
}
void crew::hold() noexcept {
    core_->hold();
}
void crew::release() noexcept {
    core_->release();
}

}  // namespace bobbin::inline v0::ipc::detail
