// See turn_clock.hpp.
#include "scheduler/turn_clock.hpp"

#include <algorithm>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

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

}  // namespace

void turn_clock::begin_turn() noexcept {
    turn_began_ = slice_began_ = std::chrono::steady_clock::now();
}

// Reading the clock costs as much as two forks.
bool turn_clock::look(bool slice_used_up) noexcept {
    const auto now = std::chrono::steady_clock::now();
    const auto taken = now - std::exchange(slice_began_, now);
    unclocked_ = taken < slice_time / 4 ? most_unclocked : 0;
    if (taken > slice_time)
        slice_ = static_cast<std::int32_t>(std::max<std::int64_t>(slice_ * slice_time / taken, 1));
    else if (slice_used_up)
        slice_ = std::min(slice_ * 2, longest_slice);
    if (now - look_began_ >= slice_time) {
        look_began_ = now;
        should_look_further_ = true;
    }
    return turn_is_over(now);
}

bool turn_clock::turn_is_over(std::chrono::steady_clock::time_point now) const noexcept {
    return now - turn_began_ >= turn_time;
}

}}}  // namespace bobbin::v0::detail
