// The lock of everything here: robust, quick where nobody waits, of use to those who live whoever
// dies, and fair: it lets nobody wait while others pass for ever.
//
// Two things are wrong with a robust mutex that several sleep for. It is not handed over: whoever
// comes takes it before the one who was woken. And if the woken one is killed before it has the
// mutex, while another has just taken it, the kernel passes the wake-up to nobody, and the mutex no
// longer says that somebody sleeps: the others sleep on although it is free. So here at most one
// sleeps for `lock`: the first in `line`, a mutex that the kernel hands over itself, in order.
// Whoever is next in line after a death begins anew.
//
// Those who come may pass the line, as handing over costs a wake-up each time; but only
// `most_passes` times in a row. So one who stands in line behind n others is passed by (n + 1) x
// most_passes.
//
//     line     held by the first in line, while it waits for `lock`
//     passed   how often the lock was taken without the line since; written by its holder
#pragma once

#include "sync/holding.hpp"
#include "sync/robust_lock.hpp"

#include <bobbin/runtime/detail/os/spin_pause.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class fair_lock {
public:
    // In a recursive one there is no limit to the passes: its holder must not stand in line.
    explicit fair_lock(lock_kind kind = lock_kind::plain)
        : lock_(kind),
          most_passes_(kind == lock_kind::recursive ? std::numeric_limits<std::uint32_t>::max()
                                                    : most_passes) {}

    static constexpr std::uint32_t most_passes = 512;

    // See robust_lock.
    template <repair_function Repair = nothing_to_repair>
    acquired lock(Repair repair = {}) {
        return lock_until(deadline::never, repair);
    }
    template <repair_function Repair = nothing_to_repair>
    acquired lock_until(deadline until, Repair repair = {}) {
        if (const acquired got = pass(repair); got != acquired::no) [[likely]]
            return got;
        return lock_slowly(until, repair);
    }
    template <repair_function Repair = nothing_to_repair>
    acquired try_lock(Repair repair = {}) {
        return lock_.try_lock(repair);
    }
    void unlock() { lock_.unlock(); }
    void let_go() noexcept { lock_.let_go(); }

private:
    // Takes the lock without the line, if it is free and that is still allowed.
    template <repair_function Repair>
    acquired pass(Repair& repair) {
        // Only a hint as long as we don't have the lock: others may pass before we try.
        if (!may_pass()) return acquired::no;
        const acquired got = lock_.try_lock(repair);
        if (got != acquired::no)
            passed_.store(passed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return got;
    }

    [[nodiscard]] bool may_pass() const noexcept {
        return passed_.load(std::memory_order_relaxed) < most_passes_;
    }

    template <repair_function Repair>
    acquired lock_slowly(deadline until, Repair& repair) {
        // Its holders keep it for less time than going to sleep takes.
        constexpr int longest_pause = 64;
        for (int pause = 1; pause <= longest_pause && may_pass(); pause *= 2) {
            for (int i = 0; i < pause; ++i) bobbin::detail::spin_pause();
            if (const acquired got = pass(repair); got != acquired::no) return got;
        }
        // Whoever died in line had only the line, so there is nothing to repair.
        line_.expect_a_holder();
        if (line_.lock_until(until) == acquired::no) return acquired::no;
        const holding in_line(line_);
        bobbin::detail::fault_point("fair_lock.first_in_line");
        const acquired got = lock_as_first(until, repair);
        if (got != acquired::no) passed_.store(0, std::memory_order_relaxed);
        bobbin::detail::fault_point("fair_lock.has_both");
        return got;
    }

    // Looks, ever more rarely, whether the lock has a holder at all: a wild word may only look like
    // one.
    template <repair_function Repair>
    acquired lock_as_first(deadline until, Repair& repair) {
        for (std::chrono::seconds patience(1);; patience *= 2) {
            const deadline look = std::min(until, deadline::after(patience));
            const acquired got = lock_.lock_until(look, repair);
            if (got != acquired::no || look == until) return got;
            lock_.expect_a_holder();
        }
    }

    robust_lock lock_;
    robust_lock line_{lock_kind::in_order};
    std::atomic<std::uint32_t> passed_{0};
    const std::uint32_t most_passes_;
};

static_assert(sizeof(fair_lock) == 88);

}}}  // namespace bobbin::v0::ipc::detail
