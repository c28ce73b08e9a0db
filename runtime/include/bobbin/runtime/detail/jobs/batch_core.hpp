// The part of a batch that does not depend on types: who runs, who waits, when it ends.
#pragma once

#include <bobbin/runtime/detail/jobs/batch_control.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/promise_base.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>

#include <atomic>
#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>

namespace bobbin { inline namespace v0 { namespace detail {

class batch_core {
public:
    // `root`: the outermost scope of the pool.
    batch_core(const batch_control::limits& limits, join_scope& root) noexcept;
    batch_core(const batch_core&) = delete;
    batch_core& operator=(const batch_core&) = delete;

    // The scope of the runners, on the pool. It lies inside the pool's, or, of a batch that
    // somebody waits for, inside the waiting task's.
    join_scope& scope() noexcept { return scope_; }
    void nest_in(join_scope& enclosing) noexcept;

    // A copy in a forked child: its runners are not there, and its lock may be held for ever. But
    // a batch without a pool is run by whoever reads it.
    bool is_left_to_parent() const noexcept { return !home_.is_this() && scope_.pool != nullptr; }
    // For who reads: throws pool_closed.
    void check_not_left() const;

    // True if the jobs are asked to stop, by whoever waits or by the pool's end.
    bool stop_requested() const noexcept;

    // The reader has gone: nothing more is taken, and what runs is asked to stop.
    void abandon() noexcept;

    // The job with this index has failed: jobs after it are not begun, those before it are, so that
    // the error of the lowest index is known whatever ran when.
    void failed(std::size_t index) noexcept;
    bool comes_after_failure(std::size_t index) const noexcept {
        // Relaxed: a hint. Whoever reads the results has joined the runners.
        return index > failed_at_.load(std::memory_order_relaxed);
    }

    // Its runners hold it: it is left when none is.
    virtual ~batch_core() { assert(!control_.has_runner() || is_left_to_parent()); }

protected:
    // Starts a runner, which was counted. May throw std::bad_alloc; then it is not counted any
    // more.
    void start_counted_runner();
    virtual void start_runner() = 0;
    // Under the lock: there is something for the reader.
    virtual bool readable() const noexcept = 0;

    // Under the lock: the reader, if it should be resumed.
    suspended_task take_reader() noexcept;
    // Under the lock: jobs are left out because of a stop.
    void cut_short() noexcept;
    // Under the lock, at the end: throws what broke a runner, `cancelled` if it was cut short.
    void throw_if_broken() const;

    static constexpr auto none = std::numeric_limits<std::size_t>::max();

    std::mutex mutex_;
    batch_control control_;       // under the lock
    bool reader_is_due_ = false;  // likewise: it was resumed, and has not read yet
    std::atomic<std::size_t> failed_at_{none};

private:
    friend class batch_waiter;
    bool is_due() const noexcept;  // under the lock: what the reader waits for
    static std::coroutine_handle<> runner_ended(join_scope& scope, promise_base& child) noexcept;

    struct runner_scope : custom_scope {
        using custom_scope::custom_scope;
        batch_core* owner = nullptr;
    } scope_;
    join_scope& root_;
    const home_process home_;
    // Under the lock.
    bool cut_short_ = false;
    std::exception_ptr broken_;  // what ended a runner: there was no memory for its results
    suspended_task reader_;      // if it waits,
    bool reads_chunks_ = false;  // for something readable; otherwise for the end
};

// Waits until there is something to read or the batch has ended, or only for its end. In the first
// case it also gives up when the waiting task is asked to stop.
class batch_waiter {
public:
    enum class until : bool { readable, end };
    batch_waiter(batch_core& batch, until what) noexcept : batch_(&batch), what_(what) {}

    // May throw std::bad_alloc.
    bool suspend(work_item awaiter, join_scope& scope);
    void disarm() noexcept { wait_.disarm(); }

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) {
        return suspend(as_resumption(awaiter), *awaiter.promise().scope);
    }
    void await_resume() noexcept { disarm(); }
    auto await_native() const noexcept { return batch_waiter(*batch_, what_); }

private:
    friend stop_watch<batch_waiter>;
    friend stoppable_wait<batch_waiter>;
    std::unique_lock<std::mutex> lock() const { return std::unique_lock(batch_->mutex_); }
    bool is_due(std::unique_lock<std::mutex>& lock);
    suspended_task& place() const noexcept { return batch_->reader_; }
    void stop() noexcept;

    batch_core* batch_;
    const until what_;
    stoppable_wait<batch_waiter> wait_;
};

}}}  // namespace bobbin::v0::detail
