// What comes back from workers: results, and their ends.
#include "crew_core.hpp"
#include "exception_codec.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>

#include <algorithm>
#include <csignal>
#include <sys/eventfd.h>

namespace bobbin::inline v0::ipc::detail {

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
            end_worker(at, at.answered, SIGKILL);
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
    if (at.deadline && !at.is_leaving) at.deadline->cancel();
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
    for (const auto& each : those.outputs) each->finish();
    const std::lock_guard lock(mutex_);
    calls_ -= those.all.size();
    if (calls_ == 0 && holders_ == 0) idle_.notify_all();
    if (calls_ == 0 && !those.all.empty()) begin_idleness();
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

}  // namespace bobbin::inline v0::ipc::detail
