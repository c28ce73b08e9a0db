// How every long loop of the library's looks up from its work: it runs in blocks of steps, and
// between two blocks lets Asio have its turn and asks whether it is to stop.
//
//     loop_pace pace;
//     while (left > 0) {
//         co_await pace.turn();
//         if (scope.stop_requested()) throw cancelled();
//         for (auto block = pace.block(left); block > 0; --block, --left) step();
//     }
//
// A block takes some microseconds by the clock, or is one step that takes longer. So steps of a
// nanosecond don't pay for it, and after one of a millisecond it looks up at once.
#pragma once

#include <bobbin/runtime/detail/task/work_item.hpp>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace bobbin { inline namespace v0 { namespace detail {

class loop_pace {
public:
    // `block`: so many steps are known to be short.
    explicit loop_pace(std::size_t block = 1) noexcept : block_(block) {}

    // `co_await pace.turn()`: suspends if Asio's turn is due on this thread.
    class turn_awaiter;
    turn_awaiter turn() noexcept;

    // How many steps to do until the next `turn`, at most `left`.
    std::size_t block(std::uint64_t left = std::numeric_limits<std::uint64_t>::max()) noexcept {
        return steps_ = static_cast<std::size_t>(std::min<std::uint64_t>(block_, left));
    }

    // How many steps are a block, after what the last one took: as many as take eight microseconds,
    // but at most eight times as many as there were; one if each takes longer. Reads the clock.
    std::size_t measure() noexcept;

private:
    // Measures; true if Asio's turn is due on this thread.
    bool turn_is_over() noexcept;

    std::size_t block_;
    std::size_t steps_ = 0;  // since the last look
    std::chrono::steady_clock::time_point looked_;
};

// Leaves the stack; the loop resumes `to` after Asio has had its turn, if that is due.
std::coroutine_handle<> give_turn(std::coroutine_handle<> to) noexcept;

class loop_pace::turn_awaiter {
public:
    explicit turn_awaiter(loop_pace& of) noexcept : pace_(&of) {}
    bool await_ready() const noexcept { return !pace_->turn_is_over(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) noexcept {
        suspended_ = true;
        return give_turn(self);
    }
    void await_resume() const noexcept {
        // What others did meanwhile was not the steps' time.
        if (suspended_) pace_->looked_ = std::chrono::steady_clock::now();
    }
    turn_awaiter await_native() const noexcept { return *this; }

private:
    loop_pace* pace_;
    bool suspended_ = false;
};

inline loop_pace::turn_awaiter loop_pace::turn() noexcept {
    return turn_awaiter(*this);
}

// True when this thread's deque has nothing left for thieves: a loop over a range should give half
// of the rest away.
bool should_split() noexcept;

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

}}}  // namespace bobbin::v0::detail
