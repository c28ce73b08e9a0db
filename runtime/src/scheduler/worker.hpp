// A thread that runs items, one and then what follows from it: its deque, its transfers, its turn.
// A pool's threads have one each; any other thread has one while it runs tasks (`run_here`). Where
// a pool's thread finds the first item, and what it does when there is none, is pool_loop's. All
// members are the owning thread's but the thieves' end of the deque.
#pragma once

#include "scheduler/idle_threads.hpp"
#include "scheduler/turn_clock.hpp"
#include "scheduler/work_deque.hpp"

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/promise_base.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>

#include <atomic>
#include <cassert>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

class pool_core;

class worker {
public:
    worker(pool_core* owner, unsigned number, idle_threads& idle)
        : pool(owner), index(number), idle_(idle) {}
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker() { assert(deque.looks_empty() || is_stray_); }

    // Hands control to `to`, or, when the budget is used up, to the loop, which resumes it:
    // symmetric transfer is not a tail call in every build, so the stack must be unwound now and
    // then.
    std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept {
        if (--budget_ > 0) [[likely]]
            return to;
        return unwind(to);
    }

    // Makes tasks available to thieves: `reserve` (may throw std::bad_alloc, and then nothing was
    // done), any number of `push`, `pushed`.
    void reserve(std::size_t count) { deque.reserve(static_cast<std::int64_t>(count)); }
    // False if there is no memory for it: what would go there is left where it is.
    bool try_reserve(std::size_t count) noexcept;
    void push(work_item item) noexcept { deque.push(item); }
    void pushed() noexcept {
        if (idle_.wanted()) [[unlikely]]
            wake_thief();
    }

    // `task` ended and its scope's `on_end` is to run, once its coroutine is off the stack.
    std::coroutine_handle<> ended(promise_base& task) noexcept {
        assert(ended_ == nullptr);
        ended_ = &task;
        return std::noop_coroutine();
    }

    // Runs `item` and what follows from it on this stack; then also all that is in the deque, the
    // newest first, or, in a turn of the oldest, the oldest. False if Asio's turn came first; then
    // `take_next` has what to go on with.
    enum class extent : bool { item_alone, deque_too };
    bool drive(work_item item, extent much) noexcept;
    bool running() const noexcept { return running_; }
    work_item take_next() noexcept { return std::exchange(next_, 0); }

    // Asio's turn: see turn_clock.hpp. A thread of no pool has no such turns.
    void begin_turn() noexcept { clock_.begin_turn(); }
    bool turn_is_over() noexcept { return clock_.turn_is_over(budget_ <= 0) && pool != nullptr; }
    bool turn_is_over(std::chrono::steady_clock::time_point now) const noexcept {
        return pool != nullptr && clock_.turn_is_over(now);
    }
    void look_at_clock() noexcept { clock_.look_after_this_step(); }
    // True in every 64th turn, in which the deque's oldest items run first until none is left.
    bool turn_of_the_oldest() noexcept { return oldest_first_ = ++turns_ % 64 == 0; }

    // Now and then it is time to ask whether a scope further out was stopped. A stop is seen at
    // once by members of its own scope; forks inside, whose siblings take each other over without
    // asking further, see it so.
    bool should_look_further() const noexcept { return clock_.should_look_further(); }
    void looked_further() noexcept { clock_.looked_further(); }

    // For a step that ends here although nothing has ended or is waited for: to be resumed after.
    std::coroutine_handle<> unwind(std::coroutine_handle<> to) noexcept;

    // In a child that this thread has forked: it may do what it likes, but not go on as the pool's
    // thread. So its next transfer unwinds the stack, and `check_not_stray` ends it.
    void begin_child() noexcept {
        if (pool == nullptr) return;
        is_stray_ = true;
        budget_ = 1;
    }
    void check_not_stray() const noexcept {
        if (is_stray_) [[unlikely]]
            end_stray_child();
    }

    pool_core* const pool;  // none: not a thread of a pool
    const unsigned index;   // in the pool
    work_deque<> deque;     // others have its `stealable_deque`

    // Steps of the loop so far, for statistics. Any thread.
    std::uint64_t resumed() const noexcept { return resumed_.load(std::memory_order_relaxed); }

private:
    void wake_thief() noexcept;
    void step(work_item item) noexcept;
    work_item take_from_deque() noexcept;

    std::int32_t budget_ = 1;        // transfers left before the stack is unwound
    idle_threads& idle_;             // the pool's; read at every push
    work_item next_ = 0;             // goes on as soon as the stack is unwound
    promise_base* ended_ = nullptr;  // see `ended`
    bool running_ = false;
    bool oldest_first_ = false;
    bool is_stray_ = false;
    unsigned turns_ = 0;
    std::atomic<std::uint64_t> resumed_{0};  // written by the owner alone
    turn_clock clock_;
};

// The calling thread's worker, or none; there is one while a task runs. Only code that is no
// coroutine and not inlined into one may read it: a compiler may keep a thread-local's address
// across a suspension, after which the thread is another. Hence no public header sees it.
extern constinit thread_local worker* current_worker;

}}}  // namespace bobbin::v0::detail
