// Threads, the way in, and the life of a pool. The loop is in pool_loop.cpp.
#include "scheduler/pool_core.hpp"

#include "os/heavy_barrier.hpp"
#include "os/hooks.hpp"
#include "task/unseen_error.hpp"

#include <bobbin/runtime/detail/os/held_signals.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <new>
#include <pthread.h>
#include <stdexcept>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Keeps the pool's destructor waiting.
class work_guard {
public:
    explicit work_guard(pool_core& pool) : pool_(pool) { pool_.task_begins(); }
    work_guard(const work_guard&) = delete;
    work_guard& operator=(const work_guard&) = delete;
    ~work_guard() { pool_.task_ended(); }

private:
    pool_core& pool_;
};

constexpr unsigned most_threads = 32767;  // half of what `parking` can count

unsigned checked(unsigned threads) {
    if (threads == 0 || threads > most_threads)
        throw std::invalid_argument(
            "bobbin::thread_pool: threads must be from 1 to 32767; leave it out for one per core");
    return threads;
}

}  // namespace

pool_core::pool_core(const thread_pool_options& options)
    : asio_(0),
      idle_(checked(options.threads), heavy_barrier_available()),
      spawned_(spawned_ended),
      name_(options.name) {
    spawned_.pool = this;
    for (unsigned i = 0; i < options.threads; ++i)
        workers_.push_back(std::make_unique<worker>(this, i, idle_));
    try {
        start_threads(name_);
    } catch (...) {
        asio_.stop();
        join_threads();
        throw;
    }
}

void pool_core::drain() noexcept {
    // Gives up the pool's own claim on Asio: its threads return when no work is left.
    asio_.wait();
    join_threads();
    // Acquire, with the release in `task_ended`: a thread that isn't ours may still be in there,
    // for some instructions.
    while (leaving_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void pool_core::start_threads(const std::string& name) {
    const held_signals blocked;
    threads_.reserve(workers_.size());
    for (unsigned i = 0; i < workers_.size(); ++i)
        threads_.emplace_back([this, i, own_name = name.substr(0, 11) + '/' + std::to_string(i)] {
            run_thread(i, own_name);
        });
}

void pool_core::join_threads() noexcept {
    for (std::thread& each : threads_) each.join();
}

void pool_core::run_thread(unsigned index, const std::string& name) noexcept {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    current_worker = workers_[index].get();
    asio_.attach();
    current_worker = nullptr;
}

bool pool_core::runs_on_this_thread() const noexcept {
    const worker* self = current_worker;
    return self != nullptr && self->pool == this;
}

void pool_core::throw_forked() const {
    throw_left_to_parent(("thread_pool '" + name_ + "'").c_str());
}

void pool_core::check_open() const {
    check_not_forked();
    if (closed_.load(std::memory_order_relaxed))
        throw pool_closed("bobbin: thread_pool '" + name_ + "' was " +
                          (spawned_.stop.requested() ? "stopped" : "closed") +
                          " and takes no more work");
}

void pool_core::send(work_item item, priority how) {
    worker* const self = current_worker;
    if (self == nullptr || self->pool != this || !self->running() || how == priority::high)
        return inject(item, how);
    self->reserve(1);
    self->push(item);
    self->pushed();
}

void pool_core::inject(work_item item, priority how) {
    check_not_forked();
    // As soon as the item is in the queue, it may run, end, and with it the pool.
    const work_guard pool_stays(*this);
    {
        const std::lock_guard lock(injection_mutex_);
        const auto at = how == priority::high ? urgent_ : injection_.size();
        injection_.insert(injection_.begin() + static_cast<std::ptrdiff_t>(at), item);
        if (how == priority::high) ++urgent_;
        // Seq_cst, with the read in `sees_work` after `parking::leave`; `try_wake` begins with a
        // barrier.
        injection_size_.store(injection_.size(), std::memory_order_seq_cst);
    }
    counters_.injected.fetch_add(1, std::memory_order_relaxed);
    trace(event::work_injected);
    if (!wake_one() && take_back(item)) throw std::bad_alloc();
}

// After a wake-up that failed. False if a loop that was awake has taken `item` all the same.
bool pool_core::take_back(work_item item) noexcept {
    bool found = false;
    {
        const std::lock_guard lock(injection_mutex_);
        const auto place = std::find(injection_.begin(), injection_.end(), item);
        found = place != injection_.end();
        if (found && place - injection_.begin() < static_cast<std::ptrdiff_t>(urgent_)) --urgent_;
        if (found) injection_.erase(place);
        injection_size_.store(injection_.size(), std::memory_order_seq_cst);
    }
    if (found) counters_.injected.fetch_sub(1, std::memory_order_relaxed);
    // Others may have sent work and relied on the loop that did not come. Seq_cst, with their
    // `try_wake`, as after any `parking::leave`.
    while (injection_size_.load(std::memory_order_seq_cst) > 0 && !wake_one())
        std::this_thread::yield();
    return found;
}

void pool_core::spawn(promise_base& work) {
    check_open();
    work.scope = &spawned_;
    send_root(as_unstarted(work));
}

void pool_core::send_root(work_item item) {
    task_begins();
    try {
        inject(item);
    } catch (...) {
        task_ended();
        throw;
    }
}

std::coroutine_handle<> pool_core::spawned_ended(join_scope& scope, promise_base& child) noexcept {
    if (child.state == task_state::error) report_unseen(child.error);
    handle_of(child).destroy();
    scope.pool->task_ended();
    return nullptr;
}

void pool_core::stop() noexcept {
    if (forked()) return;
    close();
    spawned_.stop.request_stop();
}

thread_pool_stats pool_core::stats() const noexcept {
    const auto read = [](const std::atomic<std::uint64_t>& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    thread_pool_stats result{
        .injected = read(counters_.injected),
        .stolen = read(counters_.stolen),
        .parked = read(counters_.parked),
        .woken = read(counters_.woken),
        .yielded = read(counters_.yielded),
    };
    for (const auto& each : workers_) result.resumed += each->resumed();
    return result;
}

}}}  // namespace bobbin::v0::detail
