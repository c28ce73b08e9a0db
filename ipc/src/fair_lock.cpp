#include "fair_lock.hpp"

#include <bobbin/runtime/detail/fault_point.hpp>

namespace bobbin::inline v0::ipc::detail {

// Takes the lock without the line, if that is still allowed and it is free soon: its holders keep
// it for less than going to sleep takes.
acquired fair_lock::pass() {
    constexpr int longest_pause = 64;
    for (int pause = 1; pause <= longest_pause; pause *= 2) {
        // A hint here, which needs no order; it is exact once we have the lock.
        if (passed_.load(std::memory_order_relaxed) >= most_passes) return acquired::no;
        if (const acquired got = lock_.try_lock(); got != acquired::no) {
            passed_.store(passed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            return got;
        }
        for (int i = 0; i < pause; ++i) spin_pause();
    }
    return acquired::no;
}

acquired fair_lock::lock_until(deadline until) {
    if (const acquired got = pass(); got != acquired::no) return got;
    // Who died in line had nothing else.
    if (line_.lock_until(until) == acquired::no) return acquired::no;
    bobbin::detail::fault_point("fair_lock.first_in_line");
    acquired got = acquired::no;
    try {
        got = lock_.lock_until(until);
    } catch (...) {
        line_.unlock();
        throw;
    }
    if (got != acquired::no) passed_.store(0, std::memory_order_relaxed);
    bobbin::detail::fault_point("fair_lock.has_both");
    line_.unlock();
    return got;
}

}  // namespace bobbin::inline v0::ipc::detail
