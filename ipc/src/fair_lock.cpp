#include "fair_lock.hpp"

#include <bobbin/runtime/detail/fault_point.hpp>

namespace bobbin::inline v0::ipc::detail {

acquired fair_lock::lock_slowly(deadline until) {
    // Its holders keep it for less time than going to sleep takes.
    constexpr int longest_pause = 64;
    for (int pause = 1; pause <= longest_pause; pause *= 2) {
        for (int i = 0; i < pause; ++i) spin_pause();
        if (const acquired got = pass(); got != acquired::no) return got;
    }
    if (line_.lock_until(until) == acquired::no) return acquired::no;
    // Who died in line had nothing else.
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
