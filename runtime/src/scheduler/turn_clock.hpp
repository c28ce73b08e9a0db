// How long a thread goes on before Asio has its turn, and how often it asks.
//
// A turn is the time between two returns to Asio. Between two looks at the clock lies a step of at
// most a slice of transfers: the slice shrinks by as much as steps take longer than they should and
// grows back when they don't, so that steps of any length are asked in time.
#pragma once

#include <chrono>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

class turn_clock {
public:
    void begin_turn() noexcept;

    // After each step; `slice_used_up`: it made all the transfers that it had.
    bool turn_is_over(bool slice_used_up) noexcept {
        if (unclocked_ == 0) return look(slice_used_up);
        --unclocked_;
        return false;
    }
    // The same as seen at `now`, changing nothing.
    bool turn_is_over(std::chrono::steady_clock::time_point now) const noexcept;
    // After this step, whatever those before took.
    void look_after_this_step() noexcept { unclocked_ = 0; }

    // The transfers of the next step.
    std::int32_t slice() const noexcept { return slice_; }

    // Now and then it is time to ask whether a scope further out was stopped.
    bool should_look_further() const noexcept { return should_look_further_; }
    void looked_further() noexcept { should_look_further_ = false; }

private:
    bool look(bool slice_used_up) noexcept;

    std::int32_t slice_ = 1;
    std::int32_t unclocked_ = 0;  // steps to come that don't look at the clock
    bool should_look_further_ = false;
    std::chrono::steady_clock::time_point slice_began_;
    std::chrono::steady_clock::time_point turn_began_;
    std::chrono::steady_clock::time_point look_began_;
};

}}}  // namespace bobbin::v0::detail
