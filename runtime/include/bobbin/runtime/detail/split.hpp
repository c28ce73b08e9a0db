// When a loop over a range should give half of the rest away.
#pragma once

#include <bobbin/runtime/detail/work_item.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>

namespace bobbin::inline v0::detail {

// Lets a loop run in blocks of some microseconds, so that asking costs nothing.
class splitter {
public:
    // True when this thread's deque has nothing left for thieves.
    bool should_split() const noexcept;

    // True when Asio should have its turn, as of the last block's begin.
    bool turn_is_over() const noexcept;

    // How many indices to do until the next question, at most `left`: twice as many as before while
    // a block takes less than a microsecond or so, fewer when it takes more than ten.
    std::size_t begin_block(std::size_t left) noexcept;

private:
    std::size_t block_ = 0;
    std::chrono::steady_clock::time_point began_;
};

// Leaves the stack; the loop resumes `to` after Asio has had its turn, if that is due.
std::coroutine_handle<> give_turn(std::coroutine_handle<> to) noexcept;

class turn_awaiter {
public:
    turn_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) const noexcept {
        return give_turn(self);
    }
    void await_resume() const noexcept {}
    turn_awaiter await_native() const noexcept { return {}; }
};

class pool_core;

// To the end of the pool's queue of what comes from outside: whatever this thread has at hand is
// done before.
void requeue(work_item item, pool_core& home);

class requeue_awaiter {
public:
    requeue_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> self) const {
        pool_core* const home = self.promise().scope->pool;
        if (home == nullptr) return false;  // there is no queue
        requeue(as_resumption(self), *home);
        return true;
    }
    void await_resume() const noexcept {}
    requeue_awaiter await_native() const noexcept { return {}; }
};

}  // namespace bobbin::inline v0::detail
