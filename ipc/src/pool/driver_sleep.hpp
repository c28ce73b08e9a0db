// What the driver asks workers for before it sleeps, and when it looks again by itself.
//
//                      nothing is under way
//       awake ───────────────────────────────────▶ sleeps: each result wakes it
//         │  ▲                                           ▲
//         │  └─ woken ──────────────────────────┐        │ 0.2 to 0.4 ms without having been awake
//         │                                     │        │
//         └─ jobs are under way ──────────────▶ naps ────┘
//
// In a nap results are coalesced; while nobody waits for them they are deferred, until somebody
// does (`hurry`). So short jobs cost few wake-ups, and no result waits for a long job behind it.
//
// No lock and no clock of its own: a member says who may call it.
#pragma once

#include "pool/result_signal.hpp"

#include <cstdint>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class driver_sleep {
public:
    // --- with the table's lock ---

    // The driver is about to sleep. What most workers are asked for.
    [[nodiscard]] wake_up begin(wake_up wanted, bool has_jobs, bool is_awaited) noexcept {
        naps_ = wanted == wake_up::coalesced && has_jobs;
        is_unhurried_ = naps_ && !is_awaited;
        if (!naps_) return wake_up::prompt;
        return is_unhurried_ ? wake_up::deferred : wake_up::coalesced;
    }
    // Somebody waits for a result. True: what was deferred is to be coalesced.
    [[nodiscard]] bool hurry() noexcept { return std::exchange(is_unhurried_, false); }

    // --- the driver: its timer for a second look ---

    // After `begin`. True: the timer is to be set.
    [[nodiscard]] bool needs_timer() noexcept {
        if (!naps_) return false;
        if (second_look_ == second_look::none) return true;
        second_look_ = second_look::due_in_a_later_nap;
        return false;
    }
    void timer_is_set() noexcept { second_look_ = second_look::due_in_this_nap; }
    // The time has come. True: the driver looks, and sleeps after that if there is nothing. If not,
    // it has been awake since, and it is too early to give up naps: see `needs_timer`.
    [[nodiscard]] bool has_come() noexcept {
        const auto was = std::exchange(second_look_, second_look::none);
        return was == second_look::due_in_this_nap || !naps_;
    }

private:
    enum class second_look : std::uint8_t { none, due_in_this_nap, due_in_a_later_nap };

    bool is_unhurried_ = false;  // under the lock
    bool naps_ = false;          // the driver's, who writes it under the lock
    second_look second_look_ = second_look::none;
};

}}}  // namespace bobbin::v0::ipc::detail
