// A robust lock for short work at a high rate that lets nobody wait while others pass for ever.
//
// Those who come may take the lock before those who sleep for it: handing it over each time would
// cost a wake-up each time. But only `most_passes` times in a row; then they stand in line, and the
// line is in order. So one who stands in line behind n others is passed by (n + 1) x most_passes.
//
//     line     held by the first in line, while it waits for `lock`; then handed on
//     passed   how often the lock was taken without the line since; written by its holder
#pragma once

#include "robust_lock.hpp"

namespace bobbin::inline v0::ipc::detail {

class fair_lock {
public:
    static constexpr std::uint32_t most_passes = 256;

    acquired lock_until(deadline until) {
        if (const acquired got = pass(); got != acquired::no) return got;
        return lock_slowly(until);
    }
    void unlock() { lock_.unlock(); }

private:
    // Takes the lock without the line, if it is free and that is still allowed.
    acquired pass() {
        // A hint as long as we don't have the lock, which needs no order.
        const std::uint32_t passed = passed_.load(std::memory_order_relaxed);
        if (passed >= most_passes) return acquired::no;
        const acquired got = lock_.try_lock();
        if (got != acquired::no) passed_.store(passed + 1, std::memory_order_relaxed);
        return got;
    }
    acquired lock_slowly(deadline until);

    robust_lock lock_{lock_kind::plain};
    robust_lock line_{lock_kind::in_order};
    std::atomic<std::uint32_t> passed_{0};
};

}  // namespace bobbin::inline v0::ipc::detail
