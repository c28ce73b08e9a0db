// See result_reader.hpp.
#include "pool/result_reader.hpp"

#include "os/doorbell.hpp"
#include "pool/supervisor_core.hpp"

#include <boost/asio/error.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

result_reader::result_reader(supervisor_core& core)
    : core_(core), waiter_doorbell_(::eventfd(0, EFD_CLOEXEC)) {
    if (!waiter_doorbell_)
        throw std::system_error(errno, std::generic_category(), "bobbin: eventfd");
}

// --- one worker's results ---

bool result_reader::read(worker_slot& at, outcomes& to) {
    if (!at.may_be_read()) return false;
    const std::uint64_t finished = at.ring.finished();
    const std::uint64_t came = finished - at.results_read;
    if (came == 0) return false;
    std::uint64_t done = 0;
    std::uint64_t gone = 0;
    to.make_room_for(at);
    std::size_t next = to.bytes.size();
    if (came <= job_ring::ring_bytes) {
        // All at once: what is looked at below no worker can change any more.
        to.bytes.resize(next + came, boost::container::default_init);
        at.ring.read_results(at.results_read, std::span(to.bytes).subspan(next));
    }
    at.results_read = finished;
    do {
        const auto header = header_of(at, std::span(to.bytes).subspan(next));
        if (!header) {
            at.become(slot_state::damaged);
            core_.limits.end_worker(at, at.answered, SIGKILL);
            break;
        }
        next += sizeof *header;
        worker_slot::sent& sent = at.job(at.answered++);
        at.arguments_begin = sent.arguments_end;
        ++(sent.is_retracted ? gone : done);
        if (remote_call* const call = std::exchange(sent.call, nullptr)) {
            core_.table.end(*call, remote_call::end::value);  // `tell` looks closer
            if (header->what != answer::skipped) call->supervised.has_run = true;
            to.results.push_back(
                {call, at.socket.get(), header->what, next, header->size, header->segment});
        }
        if (header->segment == 0) next += header->size;
    } while (next != to.bytes.size());
    if (done + gone == 0) return false;
    at.has_timed_job = at.is_held_up = false;
    if (at.timer && !at.is_leaving()) at.timer->cancel();
    at.retracted -= gone;
    core_.sending.measured(at, done);
    return true;
}

// None if no worker writes that.
std::optional<result_header> result_reader::header_of(const worker_slot& at,
                                                      std::span<const std::byte> result) noexcept {
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

void result_reader::open() {
    doorbell_ = core_.driver.watch(core_.driver.doorbell());
}

void result_reader::close() noexcept {
    doorbell_.reset();
    second_look_.reset();
}

void result_reader::listen() {
    if (!look_on(wake_up::coalesced)) return later(&result_reader::listen);
    if (!doorbell_) return;  // the pool ends
    const auto rings = [this,
                        core = core_.shared_from_this()](const boost::system::error_code& error) {
        // Also after an error: then it has come for nothing.
        if (error == boost::asio::error::operation_aborted || !doorbell_) return;
        take_rings(core->driver.doorbell());
        listen();
    };
    until_there_is_memory([&] {
        set_second_look();
        doorbell_->async_wait(pool_descriptor::wait_read, rings);
    });
}

bool result_reader::look() {
    bool any = false;
    bool has_room = true;
    bool has_chores = false;
    {
        const std::lock_guard reading(reading_);
        outcomes_.clear_results();
        {
            supervisor_lock ours = core_.lock();
            has_chores = core_.driver.take_chores();
            any = core_.table.has_to_tell();
            core_.table.take(outcomes_.ended, outcomes_.to_close);
            has_room = read_all_rings(any);
            // Also what was taken back has taken its place in a job ring until now.
            if (any) {
                core_.sending.pass_by_long_jobs();
                core_.sending.dispatch(ours);
            }
        }
        tell();
    }
    if (has_chores) core_.do_chores();
    if (!has_room) bobbin::detail::await_memory();
    return any || has_chores || !has_room;
}

// False: there is no memory for all that is there.
bool result_reader::read_all_rings(bool& any) noexcept {
    try {
        for (auto& each : core_.slots) {
            if (!read(*each, outcomes_)) continue;
            any = true;
            if (core_.table.has_waiting() && each->to_do() == 0) each->ran_dry = true;
        }
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void result_reader::tell() {
    core_.tell(outcomes_);
    // Only now: the segments of results are their worker's again.
    const auto lock = lock_spinning(core_.mutex);
    for (auto& each : core_.slots)
        if (each->has_worker()) each->ring.free_results(each->results_read);
}

bool result_reader::must_look_again(wake_up then) {
    const auto lock = lock_spinning(core_.mutex);
    then = sleep_.begin(then, core_.table.size() > 0, core_.table.is_awaited() || has_waiter_);
    bool any = false;
    for (auto& each : core_.slots) {
        // Who ran dry holds too little for a nap: it rings.
        const bool rings = then == wake_up::deferred && each->ran_dry;
        any = each->ask(rings ? wake_up::coalesced : then) || any;
    }
    if (any) return true;
    for (auto& each : core_.slots) each->ran_dry = false;
    return false;
}

// False: there may be more, but the driver has other things to do, too.
bool result_reader::look_on(wake_up then) {
    constexpr int most_looks = 64;
    for (int i = 0; i < most_looks; ++i)
        if (!look() && !must_look_again(then)) return true;
    return false;
}

// Results of short jobs that are not told of yet are not to wait for a long one behind them.
void result_reader::set_second_look() {
    constexpr std::chrono::microseconds soon{200};
    if (!sleep_.needs_timer()) return;
    if (!second_look_) second_look_.emplace(core_.driver.pool());
    second_look_->expires_after(soon);
    second_look_->async_wait(
        [this, core = core_.shared_from_this()](const boost::system::error_code& error) {
            if (error || !doorbell_) return;
            if (sleep_.has_come())
                look_a_second_time();
            else
                until_there_is_memory([this] { set_second_look(); });
        });
    sleep_.timer_is_set();
}

void result_reader::look_a_second_time() {
    if (!look_on(wake_up::prompt)) later(&result_reader::look_a_second_time);
}

void result_reader::later(void (result_reader::*what)()) {
    core_.driver.post([this, core = core_.shared_from_this(), what] { (this->*what)(); });
}

// Somebody waits from now on: what was deferred is coalesced, as in any nap. The driver is woken
// only if there is something to be read already.
void result_reader::hurry(supervisor_lock& ours) noexcept {
    if (!sleep_.hurry()) return;
    for (auto& each : core_.slots)
        if (each->ask(wake_up::coalesced)) ours.will_wake_driver();
}

// --- a thread that waits ---

namespace {

thread_local const result_reader* tells_here = nullptr;

}  // namespace

bool result_reader::tells_on_this_thread() const noexcept {
    return tells_here == this;
}

bool result_reader::is_the_only_one(const remote_call& call) const noexcept {
    return core_.table.size() == 1 && call.is_sent();
}

// Whoever waits for the only job there is reads its result itself, which is one wake fewer. When
// there are others, the driver reads: their callbacks are not to run on this thread.
void result_reader::bring(const remote_call& call) {
    std::unique_lock lock(core_.mutex);
    if (has_waiter_ || !is_the_only_one(call)) return;
    has_waiter_ = true;
    worker_slot& at = *call.supervised.slot;
    while (is_the_only_one(call) && call.supervised.slot == &at &&
           !at.ask(wake_up::prompt_waiter)) {
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
    if (unread && !is_read) core_.driver.wake();
}

// False: the driver has to.
bool result_reader::read_alone(const remote_call& call) {
    const std::unique_lock reading(reading_, std::try_to_lock);
    if (!reading) return false;
    outcomes_.clear_results();
    {
        const auto lock = lock_spinning(core_.mutex);
        if (!is_the_only_one(call)) return false;
        read(*call.supervised.slot, outcomes_);
    }
    const auto* const outer = std::exchange(tells_here, this);
    tell();
    tells_here = outer;
    return true;
}

}}}  // namespace bobbin::v0::ipc::detail
