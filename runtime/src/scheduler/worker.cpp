// The loop of one thread. See runtime/README.md, "The worker loop".
#include "scheduler/worker.hpp"

#include "os/hooks.hpp"
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/task/finish.hpp>

#include <algorithm>
#include <pthread.h>

namespace bobbin { inline namespace v0 { namespace detail {

constinit thread_local worker* current_worker = nullptr;

namespace {

using namespace std::chrono_literals;

// Transfers before the stack is unwound: bounds the stack in builds without tail calls.
constexpr std::int32_t longest_slice = 64;
// What a slice should take: long enough for the clock to cost nothing, short against a turn.
constexpr auto slice_time = 20us;
// Steps in a row that go without a look at the clock, if those before were short.
constexpr std::int32_t most_unclocked = 3;
// How long a busy thread goes on before Asio has its turn.
constexpr auto turn_time = 100us;

[[maybe_unused]] const int worker_at_fork = pthread_atfork(nullptr, nullptr, [] {
    if (current_worker != nullptr) current_worker->begin_child();
});

std::coroutine_handle<promise_base> handle_of(work_item item) noexcept {
    return std::coroutine_handle<promise_base>::from_address(
        reinterpret_cast<void*>(item & ~unstarted_bit));
}

}  // namespace

std::coroutine_handle<> worker::unwind(std::coroutine_handle<> to) noexcept {
    // One transfer at a time can be on its way to the loop, as it leaves the stack at once.
    next_ = as_resumption(to);
    return std::noop_coroutine();
}

bool worker::try_reserve(std::size_t count) noexcept {
    try {
        reserve(count);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void worker::wake_thief() noexcept {
    if (pool != nullptr) pool->wake_one();
}

void worker::begin_turn() noexcept {
    turn_began_ = slice_began_ = std::chrono::steady_clock::now();
}

bool worker::drive(work_item item, extent much) noexcept {
    running_ = true;
    do {
        step(item);
        item = next_ != 0 || much == extent::item_alone ? take_next() : take_from_deque();
        if (item != 0 && turn_is_over()) {
            next_ = item;
            item = 0;
        }
    } while (item != 0);
    running_ = false;
    return next_ == 0;
}

work_item worker::take_from_deque() noexcept {
    if (!oldest_first_) return deque.pop();
    const work_item oldest = deque.steal();
    oldest_first_ = oldest != 0;
    return oldest;
}

void worker::step(work_item item) noexcept {
    budget_ = slice_;
    resumed_.store(resumed() + 1, std::memory_order_relaxed);
    const auto task = handle_of(item);
    if ((item & unstarted_bit) == 0 || !task.promise().scope->stop_requested()) {
        task.resume();
    } else {
        // Its scope was stopped: it ends without having begun.
        task.promise().state = task_state::cancelled;
        finish(task.promise()).resume();
    }
    check_not_stray();
    if (ended_ != nullptr) {
        promise_base& child = *std::exchange(ended_, nullptr);
        auto& scope = static_cast<custom_scope&>(*child.scope);
        if (const auto then = scope.on_end(scope, child)) next_ = as_resumption(then);
    }
}

bool worker::turn_is_over() noexcept {
    // Reading the clock costs as much as two forks.
    if (unclocked_ > 0) {
        --unclocked_;
        return false;
    }
    const auto now = std::chrono::steady_clock::now();
    const auto taken = now - std::exchange(slice_began_, now);
    unclocked_ = taken < slice_time / 4 ? most_unclocked : 0;
    if (taken > slice_time)
        slice_ = static_cast<std::int32_t>(std::max<std::int64_t>(slice_ * slice_time / taken, 1));
    else if (budget_ <= 0)
        slice_ = std::min(slice_ * 2, longest_slice);
    if (now - look_began_ >= slice_time) {
        look_began_ = now;
        should_look_further_ = true;
    }
    return turn_is_over(now);
}

bool worker::turn_is_over(std::chrono::steady_clock::time_point now) const noexcept {
    return pool != nullptr && now - turn_began_ >= turn_time;
}

}}}  // namespace bobbin::v0::detail
