// See blocking_threads.hpp and blocking.hpp.
#include "pool/blocking_threads.hpp"

#include <bobbin/runtime/blocking.hpp>
#include <bobbin/runtime/detail/os/held_signals.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>

#include <atomic>
#include <memory>
#include <new>
#include <pthread.h>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace bobbin { inline namespace v0 {

namespace detail {
namespace {

// The options: apart from the threads, as a forked child has others. Relaxed: who waits by them is
// told of a change under the lock.
constinit std::atomic<unsigned> max_threads{blocking_options().max_threads};
constinit std::atomic<time_span> keep_alive{blocking_options().keep_alive};

unsigned thread_limit() noexcept {
    return max_threads.load(std::memory_order_relaxed);
}

constinit std::atomic<blocking_threads*> last_made{nullptr};

}  // namespace

blocking_threads* blocking_threads::if_used() noexcept {
    blocking_threads* const made = last_made.load(std::memory_order_acquire);
    return made != nullptr && made->home_.is_this() ? made : nullptr;
}

blocking_threads& blocking_threads::of_this_process() {
    if (auto* const used = if_used()) return *used;
    auto* before = last_made.load(std::memory_order_acquire);
    auto made = std::make_unique<blocking_threads>();
    while (before == nullptr || !before->home_.is_this())
        if (last_made.compare_exchange_strong(before, made.get(), std::memory_order_acq_rel)) {
            if (before != nullptr) before->leave_to_parent();
            return *made.release();
        }
    return *before;  // of another thread, which was faster
}

bool blocking_threads::enter(blocking_call& call) {
    const std::lock_guard lock(mutex_);
    if (call.is_withdrawn_) return false;
    line_.push_back(call);
    if (ready_ > 0) {
        changed_.notify_one();
    } else if (threads_ < thread_limit()) {
        try {
            start_thread();
            ++threads_;
            ++ready_;
        } catch (...) {
            // Others will come to it.
            if (threads_ > 0) return true;
            line_.pop_back();
            throw;
        }
    }
    return true;
}

bool blocking_threads::withdraw(blocking_call& call) noexcept {
    if (!home_.is_this()) return false;
    const std::lock_guard lock(mutex_);
    call.is_withdrawn_ = true;
    if (!call.is_linked()) return false;
    line_.erase(line_.iterator_to(call));
    return true;
}

void blocking_threads::options_changed() noexcept {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
}

void blocking_threads::start_thread() {
    const held_signals held;
    std::thread([this] { run(); }).detach();
}

// Not under the lock, for which threads of pools would wait meanwhile. If it fails, this thread
// comes to what is in line.
void blocking_threads::start_next(lock_type& lock) noexcept {
    if (line_.empty() || ready_ > 0 || threads_ >= thread_limit()) return;
    ++threads_;
    ++ready_;
    lock.unlock();
    bool started = true;
    try {
        start_thread();
    } catch (const std::exception&) {
        started = false;
    }
    lock.lock();
    if (started) return;
    --threads_;
    --ready_;
}

void blocking_threads::run() noexcept {
    ::pthread_setname_np(::pthread_self(), "bobbin-blocking");
    lock_type lock(mutex_);
    while (await_call(lock)) {
        blocking_call& call = line_.front();
        line_.pop_front();
        --ready_;
        start_next(lock);
        lock.unlock();
        make(call);
        lock.lock();
        ++ready_;
    }
    --ready_;
    --threads_;
    if (!line_.empty()) changed_.notify_one();  // this may have been the one that was told
}

// True if there is one; false if this thread is to end.
bool blocking_threads::await_call(lock_type& lock) noexcept {
    const auto idle_since = deadline::clock::now();
    while (threads_ <= thread_limit()) {
        if (!line_.empty()) return true;
        const time_span idle = deadline::clock::now() - idle_since;
        const time_span may_be = keep_alive.load(std::memory_order_relaxed);
        if (idle >= may_be) return false;
        const auto until = deadline::after(may_be - idle);
        if (until.is_never())
            changed_.wait(lock);
        else
            changed_.wait_until(lock, until.time());
    }
    return false;
}

void blocking_threads::make(blocking_call& call) const noexcept {
    const suspended_task waiting = call.waiting_;
    call.make();
    if (!home_.is_this()) end_stray_child();
    waiting.resume();
}

bool blocking_call::stand_in_line(work_item self, join_scope& scope) {
    threads_ = &blocking_threads::of_this_process();
    waiting_ = {self, scope.pool};
    watch_.arm(scope, *this);
    // From here on the task may be resumed elsewhere.
    return threads_->enter(*this);
}

void blocking_call::stop() noexcept {
    if (threads_->withdraw(*this)) waiting_.resume();
}

}  // namespace detail

void set_blocking_options(blocking_options options) {
    if (options.max_threads == 0)
        throw std::invalid_argument("bobbin: blocking_options: max_threads must be at least 1");
    detail::max_threads.store(options.max_threads, std::memory_order_relaxed);
    detail::keep_alive.store(options.keep_alive, std::memory_order_relaxed);
    if (auto* const used = detail::blocking_threads::if_used()) used->options_changed();
}

}}  // namespace bobbin::v0
