// See pool_core.hpp.
#include "scheduler/pool_core.hpp"

#include "task/unseen_error.hpp"

#include <bobbin/runtime/detail/os/held_signals.hpp>
#include <bobbin/runtime/errors.hpp>

#include <cassert>
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

// What stands for a foreign awaitable has no scope.
[[maybe_unused]] bool is_of(work_item item, const pool_core& pool) noexcept {
    const join_scope* const scope = handle_of(item).promise().scope;
    return scope == nullptr || scope->pool == &pool;
}

unsigned thread_count(const thread_pool_options& options) {
    if (!options.threads)
        return options.cpus.empty() ? available_parallelism() : options.cpus.size();
    const unsigned threads = *options.threads;
    if (threads == 0 || threads > most_threads)
        throw std::invalid_argument(
            "bobbin::thread_pool: threads must be from 1 to 32767; leave it out for one per core");
    return threads;
}

}  // namespace

pool_core::pool_core(const thread_pool_options& options)
    : asio_(0),
      loop_(*this, asio_, thread_count(options)),
      spawned_(spawned_ended),
      name_(options.name),
      setup_(options) {
    spawned_.pool = this;
}

void pool_core::start() {
    try {
        start_threads(name_);
        setup_.wait_until_begun(size());
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
    assert(loop_.at_rest());
}

void pool_core::start_threads(const std::string& name) {
    const held_signals blocked;
    threads_.reserve(size());
    for (unsigned i = 0; i < size(); ++i)
        threads_.emplace_back([this, i, own_name = name.substr(0, 11) + '/' + std::to_string(i)] {
            run_thread(i, own_name);
        });
}

void pool_core::join_threads() noexcept {
    for (std::thread& each : threads_) each.join();
}

void pool_core::run_thread(unsigned index, const std::string& name) noexcept {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    if (!setup_.begin(index)) return;
    current_worker = &loop_.worker_at(index);
    asio_.attach();
    current_worker = nullptr;
    setup_.end(index);
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
    assert(is_of(item, *this));
    // As soon as the item is in the queue, it may run, end, and with it the pool.
    const work_guard pool_stays(*this);
    if (!loop_.inject(item, how)) throw std::bad_alloc();
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

}}}  // namespace bobbin::v0::detail
