// How a task waits for something that other threads bring about, and gives up when it is asked to
// stop. What it waits for, its source, has a lock, and under it a place for the task:
//
//     awaiter   arm the stop callback, lock; unless it is due or was stopped: enter the place
//     event     lock; make it due, take what is in the place; unlock, resume that
//     stop      lock; note the stop, take what is in the place; unlock, resume that
//
// Whoever takes the task resumes it, so one does. None comes too early or too late: armed before
// the lock, a stop is either noted when the awaiter has the lock, or finds the task in its place;
// the same holds of the event, as that is looked for under the lock. From the place on the task may
// be resumed elsewhere, and be gone: nothing of it is touched after that.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/work_item.hpp>

#include <cassert>
#include <coroutine>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// A suspended task, and where it is to go on.
struct suspended_task {
    work_item item = 0;
    pool_core* home = nullptr;

    explicit operator bool() const noexcept { return item != 0; }
    // Once. The frame that this lies in may be gone when it returns.
    void resume() const noexcept;
};

// Tells whatever `Waiter` is when the scope is stopped: `waiter.stop()` is called at most once,
// maybe before `arm` returns.
template <class Waiter>
class stop_watch {
public:
    // May throw std::bad_alloc.
    void arm(join_scope& scope, Waiter& waiter) { arm(scope.stop.signal(scope).token(), waiter); }
    void arm(std::stop_token token, Waiter& waiter) noexcept {
        callback_.emplace(std::move(token), stopper{&waiter});
    }
    // Waits for a call that is going on, unless this is inside it.
    void disarm() noexcept { callback_.reset(); }

private:
    struct stopper {
        Waiter* waiter;
        void operator()() const noexcept { waiter->stop(); }
    };
    std::optional<std::stop_callback<stopper>> callback_;
};

// One wait as it is drawn above; `Waiter` says of the source:
//     lock()           holds its lock, in a std::unique_lock
//     is_due(lock)     under it: there is nothing to wait for; may let go of the lock meanwhile
//     place()          under it: the Task that waits, or none
//     stop()           calls `stop` here
// The tests have other tasks, and watch another kind of stop.
template <class Waiter, class Task = suspended_task, class Watch = stop_watch<Waiter>>
class stoppable_wait {
public:
    // False: there is nothing to wait for. `asked_by`: whose stop ends it, or null. May throw
    // std::bad_alloc, and what `is_due` throws.
    template <class Scope>
    bool suspend(Waiter& waiter, Task self, Scope* asked_by) {
        if (asked_by != nullptr) watch_.arm(*asked_by, waiter);
        auto lock = waiter.lock();
        if (waiter.is_due(lock) || is_stopped_) return false;
        assert(!waiter.place());  // one task at a time waits there
        waiter.place() = self;
        return true;
    }

    void stop(Waiter& waiter) noexcept {
        Task taken;
        {
            const auto lock = waiter.lock();
            is_stopped_ = true;
            taken = std::exchange(waiter.place(), Task());
        }
        if (taken) taken.resume();
    }

    // First, when it goes on: waits for a `stop` that is going on, unless this is inside it.
    void disarm() noexcept { watch_.disarm(); }

private:
    bool is_stopped_ = false;  // under the source's lock
    Watch watch_;
};

}}}  // namespace bobbin::v0::detail
