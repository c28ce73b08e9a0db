// See loop_pace.hpp.
#include "scheduler/pool_core.hpp"
#include "scheduler/worker.hpp"

#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>

#include <algorithm>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

using namespace std::chrono_literals;

// What a loop's block of steps should take, as a look costs 30 ns, and what it should not exceed.
constexpr auto block_time = 8us;
constexpr auto longest_block = 20us;

}  // namespace

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
