// When a pool that has nothing to do lets its workers go. No timer of its own.
//
//     rests ── no job is left ──▶ begins ── the driver sets its timer ──▶ watched
//       ▲                                                                   │ the timer's end:
//       ├── there are jobs, or the time is over: workers are let go ────────┤
//       └── jobs came and went meanwhile: the timer is set anew ────────────┘
#pragma once

#include <bobbin/runtime/deadline.hpp>

#include <cstdint>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class idle_watch {
public:
    // There is no job left. True: the driver is to set its timer.
    [[nodiscard]] bool begin(deadline until) noexcept {
        until_ = until;
        if (state_ != state::rests) return false;
        state_ = state::begins;
        return true;
    }
    [[nodiscard]] bool needs_timer() const noexcept { return state_ == state::begins; }
    [[nodiscard]] deadline until() const noexcept { return until_; }
    void timer_is_set() noexcept { state_ = state::watched; }

    enum class verdict : std::uint8_t { rest, watch_on, let_go };
    [[nodiscard]] verdict time_has_come(bool has_jobs) noexcept {
        state_ = state::rests;
        if (has_jobs) return verdict::rest;
        return until_.has_passed() ? verdict::let_go : verdict::watch_on;
    }

private:
    enum class state : std::uint8_t { rests, begins, watched };

    state state_ = state::rests;
    deadline until_ = deadline::never;
};

}}}  // namespace bobbin::v0::ipc::detail
