#include "crew_core.hpp"

#include "anonymous_file.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace bobbin::inline v0::ipc::detail {

// --- lists ---

void call_list::push_back(remote_call& call) noexcept {
    call.previous_ = last;
    call.next_ = nullptr;
    (last != nullptr ? last->next_ : first) = &call;
    last = &call;
}
void call_list::push_front(remote_call& call) noexcept {
    call.next_ = first;
    call.previous_ = nullptr;
    (first != nullptr ? first->previous_ : last) = &call;
    first = &call;
}
remote_call& call_list::pop_front() noexcept {
    remote_call& call = *first;
    remove(call);
    return call;
}
void call_list::remove(remote_call& call) noexcept {
    (call.previous_ != nullptr ? call.previous_->next_ : first) = call.next_;
    (call.next_ != nullptr ? call.next_->previous_ : last) = call.previous_;
    call.next_ = call.previous_ = nullptr;
}

// --- the crew ---

boost::asio::posix::stream_descriptor watched_by(thread_pool& driver, int descriptor) {
    owned_descriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy) throw std::system_error(errno, std::generic_category(), "bobbin: dup");
    boost::asio::posix::stream_descriptor watched(driver);
    watched.assign(copy.get());
    static_cast<void>(copy.release());  // it has it now
    return watched;
}

crew_core::crew_core(const process_pool_options& options)
    : options_(options),
      server_(std::in_place, options.start_method),
      driver_(
          std::make_unique<thread_pool>(thread_pool_options{.threads = 1, .name = "bobbin-ipc"})),
      driver_core_(&bobbin::detail::core_of(*driver_)),
      bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      waiter_bell_(::eventfd(0, EFD_CLOEXEC)) {
    if (!bell_ || !waiter_bell_)
        throw std::system_error(errno, std::generic_category(), "bobbin: eventfd");
    for (std::uint32_t i = 0; i < options.workers; ++i) {
        seats_.push_back(std::make_unique<seat>());
        seats_.back()->index = i;
    }
}

void crew_core::start() {
    refuse_what_does_not_fit(size() * sizeof(lane));
    arrivals ended;
    {
        const std::lock_guard lock(mutex_);
        for (auto& each : seats_)
            while (!start_worker(*each)) {
                server_->wait();
                read_news(ended);  // or the server would wait for us
                if (!server_) throw pool_broken(broken_);
            }
        bell_reader_ = watched_by(*driver_, bell_.get());
        server_reader_ = watched_by(*driver_, server_->socket());
    }
    tell(ended);
    boost::asio::post(driver_->get_executor(), [self = shared_from_this()] {
        self->listen_to_bell();
        self->listen_to_server();
    });
}

void crew_core::end() {
    {
        std::unique_lock lock(mutex_);
        ending_ = true;
        for (auto& each : seats_)
            if (each->way != nullptr) {
                each->way->submitted.close();
                if (each->is_leaving) each->send_signal(SIGKILL);  // no time of grace now
            }
        // For the last lines of its workers, which have nothing left to do.
        if (options_.output != output::inherit)
            worker_gone_.wait_for(lock, std::chrono::seconds(10), [this] {
                return std::ranges::all_of(seats_, [](const auto& each) { return each->is_empty; });
            });
        boost::asio::post(driver_->get_executor(), [self = shared_from_this()] {
            self->bell_reader_.reset();
            self->server_reader_.reset();
            self->second_look_.reset();
            self->idle_timer_.reset();
            self->stop_timer_.reset();
            // Not later: they are the driver's. And nobody is left to have a time of grace.
            arrivals last;
            {
                const std::lock_guard also(self->mutex_);
                for (auto& each : self->seats_) {
                    each->deadline.reset();
                    if (each->output) last.outputs.push_back(std::move(each->output));
                }
            }
            self->tell(last);
        });
    }
    // Waits for what runs there, which finds it by the pointer: so no reset().
    delete driver_.get();
    static_cast<void>(driver_.release());
    server_.reset();
}

void crew_core::post(std::span<remote_call* const> calls) {
    // The driver has the lock for microseconds at a time: less than it takes to sleep and be woken.
    constexpr int looks = 300;
    std::unique_lock lock(mutex_, std::defer_lock);
    for (int i = 0; i < looks && !lock.try_lock(); ++i) spin_pause();
    if (!lock) lock.lock();
    if (!broken_.empty()) throw pool_broken(broken_);
    if (stopped_ && std::ranges::any_of(calls, [](auto* each) { return each->attempt > 1; }))
        throw pool_closed("bobbin: the process_pool was stopped");  // the error before stands
    calls_ += calls.size();
    for (remote_call* each : calls) {
        each->stage_ = remote_call::stage::waiting;
        each->id_ = ++ids_;
        each->error = nullptr;
        (each->is_urgent ? urgent_ : waiting_).push_back(*each);
        // What was sent ahead and has not begun is not to be before it.
        if (each->is_urgent)
            for (auto& at : seats_) reclaim(*at, lane::jobs_at_once);
    }
    if (stopped_) {  // it came too late
        for (remote_call* each : calls) withdraw(*each);
        return;
    }
    dispatch();
    if (std::ranges::any_of(seats_,
                            [](const auto& each) { return each->is_empty && each->is_idle; }))
        boost::asio::post(driver_->get_executor(), [self = shared_from_this()] { self->rouse(); });
}

bool crew_core::retract(remote_call& call) noexcept {
    if (call.stage_ == remote_call::stage::waiting) {
        (call.is_urgent ? urgent_ : waiting_).remove(call);
        return true;
    }
    if (call.stage_ != remote_call::stage::sent) return false;
    seat& at = *call.seat_;
    if (!at.way->job(call.number_).slot.retract(call.number_)) return false;
    at.job(call.number_).call = nullptr;
    return true;
}

// It is told as all are, on the driver.
void crew_core::tell_later(remote_call& call) noexcept {
    call.stage_ = remote_call::stage::nowhere;
    boost::asio::post(driver_->get_executor(), [self = shared_from_this(), &call] {
        arrivals one;
        one.add(call);
        self->tell(one);
    });
}

bool crew_core::withdraw(remote_call& call) noexcept {
    if (!retract(call)) return false;
    call.ended_as = remote_call::end::withdrawn;
    tell_later(call);
    return true;
}

void crew_core::stop_one(remote_call& call) noexcept {
    if (withdraw(call) || call.stage_ != remote_call::stage::sent || !call.is_coroutine) return;
    call.seat_->line->send_stop(call.number_);
}

bool crew_core::take_back(remote_call& call) noexcept {
    const std::lock_guard lock(mutex_);
    return withdraw(call);
}

void crew_core::ask_to_stop(remote_call& call) noexcept {
    const std::lock_guard lock(mutex_);
    stop_one(call);
}

void crew_core::stop() noexcept {
    const std::lock_guard lock(mutex_);
    for (call_list* list : {&urgent_, &waiting_})
        while (!list->empty()) stop_one(*list->first);
    for (auto& at : seats_)
        for (auto number = at->answered; number != at->submitted; ++number)
            if (remote_call* const each = at->job(number).call) stop_one(*each);
    stopped_ = true;
    if (calls_ == 0 || ending_ || stop_timer_) return;
    stop_timer_.emplace(*driver_, options_.grace);
    stop_timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->end_running();
    });
}

bool crew_core::has_begun(const remote_call& call) const noexcept {
    const std::lock_guard lock(mutex_);
    if (call.was_claimed_) return true;
    return call.stage_ == remote_call::stage::sent &&
           call.seat_->way->job(call.number_).slot.is_claimed(call.number_);
}

void crew_core::hold() noexcept {
    const std::lock_guard lock(mutex_);
    ++holders_;
}
void crew_core::release() noexcept {
    const std::lock_guard lock(mutex_);
    if (--holders_ == 0 && calls_ == 0) idle_.notify_all();
}
void crew_core::drain() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return calls_ == 0 && holders_ == 0; });
}

// --- sending ---

std::uint64_t crew_core::depth() const noexcept {
    // So many that their worker is busy while the driver is woken; and one ahead of it.
    constexpr double ahead_ns = 200'000;
    const double jobs = job_ns_ > 0 ? ahead_ns / job_ns_ : 2;
    return static_cast<std::uint64_t>(std::clamp(jobs, 2.0, lane::jobs_at_once * 0.8));
}

// The one with the least to do: a job behind a long one would wait although another worker is idle.
seat* crew_core::next_seat() noexcept {
    seat* best = nullptr;
    for (auto& each : seats_)
        if (each->way != nullptr && !each->has_timed_job && !each->is_leaving &&
            (best == nullptr || each->in_lane() < best->in_lane()))
            best = each.get();
    return best != nullptr && best->in_lane() < depth() ? best : nullptr;
}

void crew_core::dispatch() {
    bool may_send = true;
    while (may_send && (has_waiting() || reclaim_for_idle())) {
        seat* const at = next_seat();
        if (at == nullptr) break;
        // Short jobs some at a time.
        for (auto left = depth() / 16 + 1;
             left > 0 && may_send && has_waiting() && !at->has_timed_job; --left)
            may_send = send_next(*at);
    }
    for (auto& each : seats_)
        if (each->way != nullptr) publish(*each);
}

// False if the next has to wait.
bool crew_core::send_next(seat& at) {
    call_list& from = urgent_.empty() ? waiting_ : urgent_;
    remote_call& call = *from.first;
    if (call.timeout.count() > 0 && at.in_lane() > 0) return false;
    from.remove(call);
    try {
        if (send(at, call)) return true;
    } catch (...) {
        // There is no memory or no descriptor for its arguments.
        call.ended_as = remote_call::end::error;
        call.error = std::current_exception();
        tell_later(call);
        return true;
    }
    from.push_front(call);
    return false;
}

void crew_core::reclaim(seat& from, std::uint64_t most) noexcept {
    for (auto number = from.submitted; most > 0 && number > from.answered; --number) {
        remote_call* const call = from.job(number - 1).call;
        if (call == nullptr || call->is_urgent || call->is_pinned_ || !retract(*call)) continue;
        call->stage_ = remote_call::stage::waiting;
        waiting_.push_front(*call);
        --most;
    }
}

// What stands behind a long job is done by a worker that has nothing to do.
bool crew_core::reclaim_for_idle() noexcept {
    seat* const idle = next_seat();
    if (idle == nullptr || idle->in_lane() != 0) return false;
    for (auto& each : seats_) {
        if (each->way == nullptr || each->in_lane() < 2) continue;
        reclaim(*each, 1);
        if (!waiting_.empty()) return true;
    }
    return false;
}

bool crew_core::send(seat& at, remote_call& call) {
    lane_job& job = at.way->job(at.submitted);
    if (!place_arguments(at, call.arguments, job)) return false;
    job.group = call.group;
    job.place = call.place;
    job.callable = call.callable;
    job.slot.queue(at.submitted);
    at.job(at.submitted) = {.call = &call, .arguments_end = at.arguments_end};
    call.stage_ = remote_call::stage::sent;
    call.seat_ = &at;
    call.number_ = at.submitted;
    if (at.in_lane() == 0) at.busy_since = clock::now();
    ++at.submitted;
    if (call.timeout.count() > 0) watch_time(at, call);
    return true;
}

bool crew_core::place_arguments(seat& at, const parcel& arguments, lane_job& job) {
    job.size = arguments.bytes().size();
    job.in_segment = 0;
    if (arguments.has_segments()) {
        if (!at.line->send_segments(arguments)) return false;
        if (const auto large = arguments.large()) {
            job.in_segment = 1;
            job.begin = large->id();
            return true;
        }
    }
    if (at.arguments_end + job.size - at.arguments_begin > lane::ring_bytes) return false;
    job.begin = at.arguments_end;
    at.way->arguments.write(job.begin, arguments.bytes());
    at.arguments_end += job.size;
    return true;
}

void crew_core::publish(seat& at) {
    if (at.published == at.submitted) return;
    at.published = at.submitted;
    at.way->submitted.publish(at.submitted);
}

}  // namespace bobbin::inline v0::ipc::detail
