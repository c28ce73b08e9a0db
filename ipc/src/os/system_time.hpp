// Deadlines as system calls take them.
#pragma once

#include <bobbin/runtime/deadline.hpp>

#include <algorithm>
#include <chrono>
#include <climits>
#include <ctime>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// By CLOCK_MONOTONIC, which the steady clock is. What lies before the machine's start has passed as
// any other, but the calls don't take it.
inline std::timespec timespec_of(deadline until) noexcept {
    const auto since_start =
        std::max(until.time().time_since_epoch(), deadline::clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_start);
    return {.tv_sec = seconds.count(),
            .tv_nsec = std::chrono::nanoseconds(since_start - seconds).count()};
}

// For poll(): what is left, or -1. Of a time beyond the call's reach, what it can reach.
inline int milliseconds_until(deadline until) noexcept {
    if (until.is_never()) return -1;
    const auto left = until.remaining().nanoseconds();
    return static_cast<int>(std::min<std::chrono::milliseconds::rep>(
        std::chrono::ceil<std::chrono::milliseconds>(left).count(), INT_MAX));
}

}}}  // namespace bobbin::v0::ipc::detail
