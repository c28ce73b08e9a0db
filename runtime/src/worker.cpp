// The loop of one thread. See runtime/README.md, "The worker loop".
#include "worker.hpp"

#include "hooks.hpp"
#include "pool_core.hpp"

#include <bobbin/runtime/detail/batch_core.hpp>
#include <bobbin/runtime/detail/finish.hpp>
#include <bobbin/runtime/detail/loop_pace.hpp>
#include <bobbin/runtime/detail/memory_shortage.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <unistd.h>

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
// What a loop's block of steps should take, as a look costs 30 ns, and what it should not exceed.
constexpr auto block_time = 8us;
constexpr auto longest_block = 20us;

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

void end_stray_child() noexcept {
    std::fputs(
        "bobbin: a child that was forked in a task, a job or a callback has come back to its "
        "thread's pool, which is the parent's; end the child there, with _exit or exec\n",
        stderr);
    _exit(EXIT_FAILURE);
}

void check_not_stray() noexcept {
    if (current_worker != nullptr) current_worker->check_not_stray();
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

namespace {

// Keeps a thread that is none of a pool's a worker while it runs tasks.
class visiting_worker {
public:
    visiting_worker() : worker_(nullptr, 0, nobody_sleeps) { current_worker = &worker_; }
    visiting_worker(const visiting_worker&) = delete;
    visiting_worker& operator=(const visiting_worker&) = delete;
    ~visiting_worker() { current_worker = nullptr; }

    void drive(work_item item) noexcept { worker_.drive(item, worker::extent::deque_too); }

private:
    static inline parking<> nobody_sleeps{0, true};
    worker worker_;
};

}  // namespace

void run_here(work_item item, pool_core* home) {
    worker* const self = current_worker;
    if (home != nullptr && (self == nullptr || self->pool != home)) {
        if (home->forked()) return;  // it goes on in the parent
        home->inject(item);
    } else if (self == nullptr) {
        visiting_worker().drive(item);
    } else if (self->running()) {
        self->reserve(1);
        self->push(item);
        self->pushed();
    } else {
        self->pool->resume_from_asio(*self, item);
    }
}

void resume_here(work_item item, pool_core* home) noexcept {
    until_there_is_memory([&] { run_here(item, home); });
}

void run_in_line(work_item item) {
    struct aside {
        ~aside() { current_worker = outer; }
        worker* const outer = std::exchange(current_worker, nullptr);
    } const outer;
    visiting_worker().drive(item);
}

void requeue(work_item item, pool_core& home) {
    home.inject(item);
}

std::coroutine_handle<> give_turn(std::coroutine_handle<> to) noexcept {
    current_worker->look_at_clock();
    return current_worker->unwind(to);
}

bool should_split() noexcept {
    return current_worker->deque.looks_empty();
}

std::size_t loop_pace::measure() noexcept {
    const auto now = std::chrono::steady_clock::now();
    const auto taken = now - std::exchange(looked_, now);
    if (steps_ == 0) return block_;
    // Carefully: the next steps may be longer.
    if (taken <= block_time / 8)
        block_ = std::max(block_, 8 * steps_);
    else if (taken <= block_time / 2)
        block_ = std::max(block_, 2 * steps_);
    else if (taken > longest_block)
        block_ = std::max<std::size_t>(steps_ / static_cast<std::size_t>(taken / block_time), 1);
    return block_;
}

bool loop_pace::turn_is_over() noexcept {
    measure();
    return current_worker->turn_is_over(looked_);
}

}}}  // namespace bobbin::v0::detail
