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

    acquired lock_until(deadline until);
    void unlock() { lock_.unlock(); }

private:
    acquired pass();

    robust_lock lock_{lock_kind::plain};
    robust_lock line_{lock_kind::in_order};
    std::atomic<std::uint32_t> passed_{0};
};

// Unlocks at the end of a scope what was locked for it.
class [[nodiscard]] holding {
public:
    explicit holding(fair_lock& lock) noexcept : lock_(lock) {}
    holding(const holding&) = delete;
    holding& operator=(const holding&) = delete;
    ~holding() { lock_.unlock(); }

private:
    fair_lock& lock_;
};

}  // namespace bobbin::inline v0::ipc::detail
