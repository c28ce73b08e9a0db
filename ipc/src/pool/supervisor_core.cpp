// A supervisor: how it is made and ends, and what callers ask of it (post, cancel, stop).
#include "pool/supervisor_core.hpp"

#include "os/anonymous_file.hpp"
#include "os/doorbell.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

pool_descriptor watched_by(thread_pool& driver, int descriptor) {
    owned_descriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy) throw std::system_error(errno, std::generic_category(), "bobbin: dup");
    pool_descriptor watched(driver);
    watched.assign(copy.get());
    static_cast<void>(copy.release());  // it has it now
    return watched;
}

namespace {

bool is_copy(start_method how) noexcept {
    return how == start_method::fork;
}

// Another copy of this process can't be made once it has the driver's thread. Any other server is
// waited for when there is nothing else left to prepare.
fork_session begin_session(start_method how) {
    fork_session begun = fork_session::begin(how);
    if (is_copy(how)) begun.await_server();
    return begun;
}

}  // namespace

supervisor_core::supervisor_core(const process_pool_options& options)
    : options_(options),
      server_(begin_session(options.start_method)),
      driver_(
          std::make_unique<thread_pool>(thread_pool_options{.threads = 1, .name = "bobbin-ipc"})),
      driver_core_(&bobbin::detail::core_of(*driver_)),
      doorbell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      waiter_doorbell_(::eventfd(0, EFD_CLOEXEC)),
      library_threads_(std::max(1U, available_parallelism() / std::max(1U, options.workers))),
      deaths_(options.restart_intensity) {
    if (!doorbell_ || !waiter_doorbell_)
        throw std::system_error(errno, std::generic_category(), "bobbin: eventfd");
    for (std::uint32_t i = 0; i < options.workers; ++i) {
        slots_.push_back(std::make_unique<worker_slot>());
        slots_.back()->index = i;
    }
}

void supervisor_core::start() {
    refuse_what_does_not_fit(size() * sizeof(job_ring));
    if (!is_copy(options_.start_method)) server_->await_server();
    arrivals ended;
    bool has_server = true;
    {
        const std::lock_guard lock(mutex_);
        for (auto& each : slots_)
            while (server_ && !start_worker(*each)) {
                server_->wait();
                read_news(ended);  // or the server would wait for us
            }
        doorbell_reader_ = watched_by(*driver_, doorbell_.get());
        has_server = server_.has_value();
        if (has_server) server_reader_ = watched_by(*driver_, server_->descriptor());
        has_chores_ = true;  // if there is none, or a worker has ended already
    }
    tell(ended);
    const auto listen = [self = shared_from_this(), has_server] {
        self->listen_to_doorbell();
        if (has_server) self->listen_to_server();
    };
    until_there_is_memory([&] { boost::asio::post(driver_->get_executor(), listen); });
}

void supervisor_core::end() {
    {
        std::unique_lock lock(mutex_);
        ending_ = true;
        for (auto& each : slots_)
            if (each->has_worker()) {
                each->ring->submitted.close();
                // No time of grace now, for those that were to end.
                if (each->state > slot_state::leaves_idle) each->send_signal(SIGKILL);
            }
        await_finish(lock);
        // For the last lines of its workers, which have nothing left to do; if anybody is told
        // that.
        if (options_.output != output::inherit && server_reader_)
            worker_gone_.wait_for(lock, std::chrono::seconds(10), [this] {
                return std::ranges::none_of(slots_,
                                            [](const auto& each) { return each->has_worker(); });
            });
    }
    const auto leave = [self = shared_from_this()] {
        self->doorbell_reader_.reset();
        self->server_reader_.reset();
        self->timers_ = {};
        // Not later: they are the driver's. And nobody is left to have a time of grace.
        self->by_driver([&](arrivals& last, supervisor_lock&) {
            last.outputs.reserve(self->slots_.size());
            for (auto& each : self->slots_) {
                each->deadline.reset();
                if (each->output) last.outputs.push_back(std::move(each->output));
                self->forget_calls(*each, last);
            }
        });
    };
    until_there_is_memory([&] { boost::asio::post(driver_->get_executor(), leave); });
    // Waits for what runs there, which finds it by the pointer: so no reset().
    delete driver_.get();
    static_cast<void>(driver_.release());
    server_.reset();
}

void supervisor_core::leave_to_parent() noexcept {
    itself_ = shared_from_this();
    left_to_parent::leave_to_parent();
}

// The server kills who is left when it is told of the end.
void supervisor_core::await_finish(std::unique_lock<std::mutex>& lock) {
    if (!server_reader_) return;  // nobody would be told of their ends
    const deadline until = stopped_ ? deadline::after(options_.grace) : deadline::never;
    const auto finishes = [this](const auto& each) {
        // Acquire, with the worker's release.
        return each->has_worker() &&
               (options_.finalizer || each->ring->terms.has_state.load(std::memory_order_acquire));
    };
    const auto none_does = [&] { return std::ranges::none_of(slots_, finishes); };
    if (until.is_never())
        worker_gone_.wait(lock, none_does);
    else
        worker_gone_.wait_until(lock, until.time(), none_does);
}

// There are some if the pool could not be made: what its workers were to do first.
void supervisor_core::forget_calls(worker_slot& at, arrivals& ended) noexcept {
    for (auto number = at.answered; number != at.submitted; ++number)
        if (remote_call* const call = std::exchange(at.job(number).call, nullptr)) {
            table_.end(*call, remote_call::end::withdrawn);
            ended.ended.push_back(*call);
        }
}

void supervisor_core::post(std::span<remote_call* const> calls) {
    supervisor_lock ours(mutex_, doorbell_.get());
    if (!broken_.empty()) throw pool_broken(broken_);
    // It is not tried again, and the error before stands.
    if (std::ranges::any_of(calls, [this](auto* each) {
            return each->attempt > 1 && (stopped_ || each->was_asked_to_stop_);
        }))
        throw cancelled();
    if (std::ranges::any_of(
            slots_, [](const auto& each) { return each->state == slot_state::dismissed; })) {
        has_chores_ = true;  // they come back
        ours.will_wake_driver();
    }
    for (remote_call* each : calls) table_.post(*each);
    if (std::ranges::any_of(calls, [](auto* each) { return each->is_urgent; }))
        dispatcher_.make_way_for_urgent();
    if (stopped_) {  // it came too late
        for (remote_call* each : calls) withdraw(*each);
        return;
    }
    dispatcher_.dispatch(ours);
    if (table_.is_awaited()) hurry(ours);
}

void supervisor_core::awaited(remote_call& call) noexcept {
    supervisor_lock ours(mutex_, doorbell_.get());
    if (table_.await(call)) hurry(ours);
}

// Somebody waits from now on: what was deferred is coalesced, as in any nap. The driver is woken
// only if there is something to be read already.
void supervisor_core::hurry(supervisor_lock& ours) noexcept {
    if (!sleep_.hurry()) return;
    for (auto& each : slots_)
        if (each->ask(wake_up::coalesced)) ours.will_wake_driver();
}

// True: no worker begins it any more.
bool supervisor_core::retract(remote_call& call) noexcept {
    if (call.stage_ == remote_call::stage::waiting) return true;
    return call.stage_ == remote_call::stage::sent && call.slot_->retract(call.number_);
}

// It is told as all are, on the driver.
void supervisor_core::end_later(remote_call& call, remote_call::end how) noexcept {
    if (table_.end_later(call, how)) ring(doorbell_.get());
}

void supervisor_core::close_later(remote_call& call) noexcept {
    const std::lock_guard lock(mutex_);
    if (table_.close_later(call)) ring(doorbell_.get());
}

// The driver is to look what there is to do: see `do_chores`.
void supervisor_core::want_driver() noexcept {
    if (!std::exchange(has_chores_, true)) ring(doorbell_.get());
}

bool supervisor_core::withdraw(remote_call& call) noexcept {
    if (!retract(call)) return false;
    end_later(call, remote_call::end::withdrawn);
    return true;
}

void supervisor_core::stop_one(remote_call& call) noexcept {
    if (withdraw(call) || call.stage_ != remote_call::stage::sent || !call.is_coroutine) return;
    if (!call.slot_->line->send_stop(call.number_)) want_driver();
}

bool supervisor_core::take_back(remote_call& call) noexcept {
    const std::lock_guard lock(mutex_);
    return withdraw(call);
}

void supervisor_core::ask_to_stop(remote_call& call) noexcept {
    const std::lock_guard lock(mutex_);
    call.was_asked_to_stop_ = true;
    stop_one(call);
}

void supervisor_core::stop() noexcept {
    const std::lock_guard lock(mutex_);
    while (table_.has_waiting()) stop_one(table_.next());
    for (auto& at : slots_)
        for (auto number = at->answered; number != at->submitted; ++number)
            if (remote_call* const each = at->job(number).call) stop_one(*each);
    stopped_ = true;
    want_driver();  // for the time of grace
}

bool supervisor_core::has_begun(const remote_call& call) const noexcept {
    const std::lock_guard lock(mutex_);
    if (call.was_claimed_) return true;
    return call.stage_ == remote_call::stage::sent &&
           call.slot_->ring->job(call.number_).owner.is_claimed(call.number_);
}

void supervisor_core::hold() noexcept {
    const std::lock_guard lock(mutex_);
    table_.hold();
}
void supervisor_core::release() noexcept {
    const std::lock_guard lock(mutex_);
    table_.release();
    if (table_.is_drained()) idle_.notify_all();
}
void supervisor_core::drain() {
    {
        supervisor_lock ours(mutex_, doorbell_.get());  // whose end may ring the doorbell
        table_.begin_to_drain();
        hurry(ours);
    }
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return table_.is_drained(); });
    table_.drained();
}

}}}  // namespace bobbin::v0::ipc::detail
