// See job_core.hpp.
#include "scheduler/blocked_worker.hpp"
#include "scheduler/pool_core.hpp"
#include "task/unseen_error.hpp"

#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>
#include <bobbin/runtime/errors.hpp>

#include <array>
#include <cassert>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <pthread.h>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

constexpr std::uintptr_t empty = 0;
constexpr std::uintptr_t closed = 1;

// Jobs share some locks: one of its own would be a fifth of a small job.
constinit std::array<std::mutex, 64> locks;

// A child has none of the threads that held one, and leaves its parent's jobs alone.
[[maybe_unused]] const int locks_at_fork = pthread_atfork(nullptr, nullptr, [] {
    for (std::mutex& each : locks) std::construct_at(&each);
});

std::mutex& lock_of(const job_core* job) noexcept {
    return locks[(reinterpret_cast<std::uintptr_t>(job) >> 6U) % locks.size()];
}

// Once; but two may come to say that it is cancelled.
[[maybe_unused]] bool may_end(job_status before, job_status final_status) noexcept {
    return final_status > job_status::running && before != job_status::done &&
           before != job_status::failed &&
           (before != job_status::cancelled || final_status == job_status::cancelled);
}

// A thread that blocks until a job has ended.
class blocked_thread : public job_listener {
public:
    blocked_thread() noexcept : job_listener(true) {}
    // False if it was not told until then.
    [[nodiscard]] bool wait(deadline until) {
        const auto told = [this] { return told_; };
        std::unique_lock lock(mutex_);
        if (until.has_passed()) return told_;
        if (!until.is_never()) return changed_.wait_until(lock, until.time(), told);
        changed_.wait(lock, told);
        return true;
    }

private:
    void job_ended() noexcept override {
        // Under the lock: the waiting thread can't destroy what is being notified.
        const std::lock_guard lock(mutex_);
        told_ = true;
        changed_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool told_ = false;
};

}  // namespace

job_status job_core::status() const noexcept {
    // Acquire, with the release in `settle` and `cancel`: the result is there.
    const auto now = status_.load(std::memory_order_acquire);
    if (now == job_status::pending && kind_->has_begun != nullptr && is_at_home() &&
        kind_->has_begun(*this))
        return job_status::running;
    return now == settling ? job_status::running : now;
}

bool job_core::cancel() noexcept {
    if (!is_at_home()) return status() == job_status::cancelled;
    // Whoever else might begin it is out of the way first.
    if (kind_->take_back != nullptr &&
        status_.load(std::memory_order_acquire) == job_status::pending && !kind_->take_back(*this))
        claim();
    auto expected = job_status::pending;
    // Release, with whoever learns of it; acquire, as in `status`.
    if (status_.compare_exchange_strong(expected, job_status::cancelled, std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
        kind_->request_stop(*this);  // so that the pool does not even begin it
        tell_waiting();
        return true;
    }
    if (expected == job_status::running) kind_->request_stop(*this);
    return expected == job_status::cancelled;
}

bool job_core::claim() noexcept {
    auto expected = job_status::pending;
    return status_.compare_exchange_strong(expected, job_status::running, std::memory_order_acquire,
                                           std::memory_order_relaxed);
}

bool job_core::begin_settling() noexcept {
    auto expected = job_status::running;
    return status_.compare_exchange_strong(expected, settling, std::memory_order_acquire,
                                           std::memory_order_relaxed);
}

void job_core::settle(job_status final_status) noexcept {
    assert(may_end(status_.load(std::memory_order_relaxed), final_status));
    status_.store(final_status, std::memory_order_release);
}

void job_core::settle_unclaimed() noexcept {
    auto expected = status_.load(std::memory_order_relaxed);
    if (expected == job_status::pending)
        status_.compare_exchange_strong(expected, job_status::cancelled, std::memory_order_release,
                                        std::memory_order_relaxed);
}

// --- listeners ---

bool job_core::listen(job_listener& added) {
    if (!is_at_home()) {
        if (ended()) return false;
        throw_left_to_parent("this job");
    }
    // Not later: once it is told, the listener may let go of the job.
    if (kind_->awaited != nullptr) kind_->awaited(*this);
    const std::lock_guard lock(lock_of(this));
    if (added.withdrawn_ || (added.waits_ && ended())) return false;
    // Acquire, with the release in `close`.
    auto first = listeners_.load(std::memory_order_acquire);
    if (first == closed) return false;
    if (first == empty) {
        added.next_ = added.previous_ = &added;
        // Release, with the acquire of the word in `tell_waiting` and `close`: they see the
        // listener. Acquire, with the release of `tell_waiting`: if that came first and saw nobody,
        // the status that was stored before it is seen here. It fails only if `close` was faster.
        if (!listeners_.compare_exchange_strong(first, reinterpret_cast<std::uintptr_t>(&added),
                                                std::memory_order_acq_rel,
                                                std::memory_order_acquire)) {
            added.next_ = added.previous_ = nullptr;
            return false;
        }
        if (added.waits_ && ended()) {
            unlink(added);
            return false;
        }
        return true;
    }
    auto* const head = reinterpret_cast<job_listener*>(first);
    added.next_ = head;
    added.previous_ = head->previous_;
    head->previous_->next_ = &added;
    head->previous_ = &added;
    return true;
}

// Under the lock.
void job_core::unlink(job_listener& removed) noexcept {
    const bool alone = removed.next_ == &removed;
    if (!alone) {
        removed.previous_->next_ = removed.next_;
        removed.next_->previous_ = removed.previous_;
    }
    const auto word = reinterpret_cast<std::uintptr_t>(&removed);
    if (listeners_.load(std::memory_order_relaxed) == word)
        listeners_.store(alone ? empty : reinterpret_cast<std::uintptr_t>(removed.next_),
                         std::memory_order_release);
    removed.next_ = removed.previous_ = nullptr;
}

bool job_core::forget(job_listener& removed) noexcept {
    if (!is_at_home()) return true;
    const std::lock_guard lock(lock_of(this));
    removed.withdrawn_ = true;
    if (removed.next_ == nullptr) return false;
    unlink(removed);
    return true;
}

void job_core::tell_waiting() noexcept {
    // Acquire and release, with `listen`: either this sees its word, or it sees the status.
    if (listeners_.fetch_add(0, std::memory_order_acq_rel) <= closed) return;
    for (;;) {
        job_listener* next = nullptr;
        {
            const std::lock_guard lock(lock_of(this));
            const auto word = listeners_.load(std::memory_order_relaxed);
            if (word <= closed) return;
            auto* const head = reinterpret_cast<job_listener*>(word);
            for (next = head; !next->waits_; next = next->next_)
                if (next->next_ == head) return;
            unlink(*next);
        }
        next->job_ended();
    }
}

bool job_core::close_unheard() noexcept {
    auto word = empty;
    // Release, with `listen`; acquire, the listener that was put there.
    return listeners_.compare_exchange_strong(word, closed, std::memory_order_acq_rel);
}

void job_core::close() noexcept {
    assert(ended());
    while (!close_unheard()) {
        job_listener* next = nullptr;
        {
            const std::lock_guard lock(lock_of(this));
            const auto word = listeners_.load(std::memory_order_relaxed);
            if (word == empty) continue;  // it has been forgotten since
            assert(word != closed);
            next = reinterpret_cast<job_listener*>(word);
            unlink(*next);
        }
        next->job_ended();
        check_not_stray();
    }
}

bool job_core::wait(deadline until) const {
    if (ended()) return true;
    if (!is_at_home()) throw_left_to_parent("this job");
    if (kind_->runs_here(*this))
        throw would_deadlock(
            "bobbin: job::get or wait on a thread of the pool that should do the job; co_await it "
            "instead");
    // Callbacks need a thread of the pool in any case; and who brings it, waits to its end.
    if (until.is_never() && kind_->bring != nullptr &&
        listeners_.load(std::memory_order_relaxed) == empty)
        kind_->bring(*this);
    std::optional<blocked_worker> blocked;
    if (until.is_never() && kind_->home != nullptr)  // a limit ends any circle
        blocked.emplace(
            kind_->home(*this),
            [](const void* job) noexcept { return static_cast<const job_core*>(job)->ended(); },
            this);
    blocked_thread self;
    // Listening changes nothing that others see.
    auto& job = const_cast<job_core&>(*this);
    if (!job.listen(self) || self.wait(until)) return true;
    if (job.forget(self)) return ended();
    // It is just being told.
    return self.wait(deadline::never);
}

void job_core::drop() noexcept {
    // Release, with the acquire of the last: everybody is done with the job.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (error != nullptr && !seen_.load(std::memory_order_relaxed)) report_unseen(error);
    assert(listeners_.load(std::memory_order_relaxed) <= closed || !is_at_home());
    kind_->destroy(*this);
}

}}}  // namespace bobbin::v0::detail
