// What comes back from workers: the driver's loop reads results and tells who waits; and `bring`,
// by which a thread reads alone.
#include "encoding/exception_codec.hpp"
#include "os/doorbell.hpp"
#include "pool/supervisor_core.hpp"

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/errors.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

bool supervisor_core::read_results(worker_slot& at, arrivals& to) {
    if (!at.may_be_read()) return false;
    const std::uint64_t finished = at.ring->finished.read();
    const std::uint64_t came = finished - at.results_read;
    if (came == 0) return false;
    std::uint64_t done = 0;
    std::uint64_t gone = 0;
    to.make_room_for(at);
    std::size_t next = to.bytes.size();
    if (came <= job_ring::ring_bytes) {
        // All at once: what is looked at below no worker can change any more.
        to.bytes.resize(next + came);
        at.ring->results.read(at.results_read, std::span(to.bytes).subspan(next));
    }
    at.results_read = finished;
    do {
        const auto header = header_of(at, std::span(to.bytes).subspan(next));
        if (!header) {
            at.state = slot_state::damaged;
            end_worker(at, at.answered, SIGKILL);
            break;
        }
        next += sizeof *header;
        worker_slot::sent& sent = at.job(at.answered++);
        at.arguments_begin = sent.arguments_end;
        ++(sent.is_retracted ? gone : done);
        if (remote_call* const call = std::exchange(sent.call, nullptr)) {
            table_.end(*call, remote_call::end::value);  // `tell_one` looks closer
            to.all.push_back(
                {call, at.line.get(), header->what, next, header->size, header->segment});
        }
        if (header->segment == 0) next += header->size;
    } while (next != to.bytes.size());
    if (done + gone == 0) return false;
    at.has_timed_job = at.is_held_up = false;
    if (at.deadline && !at.is_leaving()) at.deadline->cancel();
    at.retracted -= gone;
    dispatcher_.measured(at, done);
    return true;
}

// None if no worker writes that.
std::optional<result_header> supervisor_core::header_of(
    const worker_slot& at, std::span<const std::byte> result) noexcept {
    result_header header;
    if (result.size() < sizeof header) return std::nullopt;
    std::memcpy(&header, result.data(), sizeof header);
    if (at.answered == at.submitted || header.job != at.answered) return std::nullopt;
    if (header.what > answer::retracted) return std::nullopt;
    if (header.segment == 0 && header.size > result.size() - sizeof header) return std::nullopt;
    const bool is_retracted = at.jobs[at.answered % job_ring::jobs_at_once].is_retracted;
    if (is_retracted != (header.what == answer::retracted)) return std::nullopt;
    return header;
}

// --- the driver ---

namespace {

bool is_cancelled(const boost::system::error_code& error) noexcept {
    return error == boost::asio::error::operation_aborted;
}

remote_call& taken_from(call_list& list) noexcept {
    remote_call& call = list.front();
    list.pop_front();
    return call;
}

}  // namespace

void supervisor_core::tell(arrivals& those) noexcept {
    for (const auto& each : those.all) tell_one(each, those);
    std::size_t told = those.all.size();
    for (; !those.ended.empty(); ++told) taken_from(those.ended).ended({});
    std::size_t closed = 0;
    for (; !those.to_close.empty(); ++closed) taken_from(those.to_close).close_on_driver();
    for (const auto& each : those.outputs) each->finish();
    bool has_waiter = false;
    {
        const auto lock = lock_spinning(mutex_);
        table_.told(told, closed);
        has_waiter = has_waiter_;
        if (table_.is_drained()) idle_.notify_all();
        if (table_.size() == 0 && told > 0) begin_idleness();
    }
    if (has_waiter) ring(waiter_doorbell_.get());  // it may have been its job
}

void supervisor_core::tell_one(const arrivals::one& each, const arrivals& of) noexcept {
    remote_call& call = *each.call;
    remote_call::encoded result;
    result.segments = each.line;
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

void supervisor_core::tell_of_results(arrivals& those) {
    tell(those);
    // Only now: the segments of results are their worker's again.
    const auto lock = lock_spinning(mutex_);
    for (auto& each : slots_)
        if (each->has_worker() && each->ring->read.own() != each->results_read)
            each->ring->read.publish(each->results_read);
}

// True: it may be worth another look.
bool supervisor_core::look_at_results() {
    bool any = false;
    bool has_room = true;
    bool has_chores = false;
    {
        const std::lock_guard reading(reading_);
        arrivals_.clear();
        {
            supervisor_lock ours(mutex_, doorbell_.get());
            has_chores = std::exchange(has_chores_, false);
            any = table_.has_to_tell();
            table_.take(arrivals_.ended, arrivals_.to_close);
            has_room = read_all_rings(any);
            // Also what was taken back has taken its place in a job ring until now.
            if (any) {
                dispatcher_.pass_by_long_jobs();
                dispatcher_.dispatch(ours);
            }
        }
        tell_of_results(arrivals_);
    }
    if (has_chores) do_chores();
    if (!has_room) bobbin::detail::await_memory();
    return any || has_chores || !has_room;
}

// False: there is no memory for all that is there.
bool supervisor_core::read_all_rings(bool& any) noexcept {
    try {
        for (auto& each : slots_) {
            if (!read_results(*each, arrivals_)) continue;
            any = true;
            if (table_.has_waiting() && each->to_do() == 0) each->ran_dry = true;
        }
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

// What others want that only the driver may do.
void supervisor_core::do_chores() {
    bool opens_server = false;
    by_driver([&](arrivals& ended, supervisor_lock& ours) {
        if (ending_) return;
        if (stopped_ && table_.size() > 0 && !timers_.stop) end_running_later();
        if (idleness_ == idleness::begins) watch_idleness();
        send_owed_stops();
        fill_slots(ended);  // also of workers that went for idleness
        dispatcher_.dispatch(ours);
        opens_server = is_opening_server_;
    });
    if (opens_server) open_server();
}

bool supervisor_core::must_look_again(wake_up then) {
    const auto lock = lock_spinning(mutex_);
    then = sleep_.begin(then, table_.size() > 0, table_.is_awaited() || has_waiter_);
    bool any = false;
    for (auto& each : slots_) {
        // Who ran dry holds too little for a nap: it rings.
        const bool rings = then == wake_up::deferred && each->ran_dry;
        any = each->ask(rings ? wake_up::coalesced : then) || any;
    }
    if (any) return true;
    for (auto& each : slots_) each->ran_dry = false;
    return false;
}

// False: there may be more, but the driver has other things to do, too.
bool supervisor_core::read_all(wake_up then) {
    constexpr int most_looks = 64;
    for (int i = 0; i < most_looks; ++i)
        if (!look_at_results() && !must_look_again(then)) return true;
    return false;
}

void supervisor_core::listen_to_doorbell() {
    if (!read_all(wake_up::coalesced)) return later(&supervisor_core::listen_to_doorbell);
    if (!doorbell_reader_) return;  // the pool ends
    const auto rings = [self = shared_from_this()](const boost::system::error_code& error) {
        // Also after an error: then it has come for nothing.
        if (is_cancelled(error) || !self->doorbell_reader_) return;
        take_rings(self->doorbell_.get());
        self->listen_to_doorbell();
    };
    until_there_is_memory([&] {
        set_second_look();
        doorbell_reader_->async_wait(pool_descriptor::wait_read, rings);
    });
}

// Results of short jobs that are not told of yet are not to wait for a long one behind them.
void supervisor_core::set_second_look() {
    constexpr std::chrono::microseconds soon{200};
    if (!sleep_.needs_timer()) return;
    if (!timers_.second_look) timers_.second_look.emplace(*driver_);
    timers_.second_look->expires_after(soon);
    timers_.second_look->async_wait(
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (error || !self->doorbell_reader_) return;
            if (self->sleep_.has_come())
                self->look_a_second_time();
            else
                until_there_is_memory([&] { self->set_second_look(); });
        });
    sleep_.timer_is_set();
}

void supervisor_core::look_a_second_time() {
    if (!read_all(wake_up::prompt)) later(&supervisor_core::look_a_second_time);
}

void supervisor_core::later(void (supervisor_core::*what)()) {
    const auto once_more = [self = shared_from_this(), what] { ((*self).*what)(); };
    until_there_is_memory([&] { boost::asio::post(driver_->get_executor(), once_more); });
}

void supervisor_core::listen_to_server() {
    const auto has_news = [self = shared_from_this()](const boost::system::error_code& error) {
        if (is_cancelled(error) || !self->server_reader_) return;
        self->hear_news();
        if (self->server_reader_) self->listen_to_server();
    };
    until_there_is_memory(
        [&] { server_reader_->async_wait(pool_descriptor::wait_read, has_news); });
}

void supervisor_core::hear_news() {
    // A waiter may still read what came by a line that is closed.
    const std::lock_guard reading(reading_);
    by_driver([this](arrivals& ended, supervisor_lock& ours) {
        read_news(ended);
        fill_slots(ended);
        dispatcher_.dispatch(ours);
    });
}

// --- a waiter ---

namespace {

thread_local const supervisor_core* reading_here = nullptr;

}  // namespace

bool supervisor_core::is_needed_here() const noexcept {
    return on_driver() || reading_here == this;
}

// Whoever waits for the only job there is reads its result itself, which is one wake fewer. When
// there are others, the driver reads: their callbacks are not to run on this thread.
void supervisor_core::bring(const remote_call& call) {
    std::unique_lock lock(mutex_);
    if (has_waiter_ || !is_the_only_one(call)) return;
    has_waiter_ = true;
    worker_slot& at = *call.slot_;
    while (is_the_only_one(call) && call.slot_ == &at && !at.ask(wake_up::prompt_waiter)) {
        lock.unlock();
        take_rings(waiter_doorbell_.get());
        lock.lock();
    }
    has_waiter_ = false;
    // The driver sleeps, and has not asked for this job ring's doorbell since.
    const bool unread = at.ask(wake_up::prompt);
    lock.unlock();
    bool is_read = false;
    try {
        is_read = unread && read_alone(call);
    } catch (const std::bad_alloc&) {
        // The driver may find memory.
    }
    if (unread && !is_read) ring(doorbell_.get());
}

// False: the driver has to.
bool supervisor_core::read_alone(const remote_call& call) {
    const std::unique_lock reading(reading_, std::try_to_lock);
    if (!reading) return false;
    arrivals_.clear();
    {
        const auto lock = lock_spinning(mutex_);
        if (!is_the_only_one(call)) return false;
        read_results(*call.slot_, arrivals_);
    }
    const auto* const outer = std::exchange(reading_here, this);
    tell_of_results(arrivals_);
    reading_here = outer;
    return true;
}

}}}  // namespace bobbin::v0::ipc::detail
