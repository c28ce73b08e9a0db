#pragma once

#include <chrono>

namespace bobbin::inline v0::ipc::detail {

using deadline = std::chrono::steady_clock::time_point;
inline constexpr deadline never = deadline::max();  // wait without end
inline constexpr deadline now = deadline::min();    // do not wait

// That long from now; `never` if that is beyond the clock's reach.
template <class Rep, class Period>
deadline after(std::chrono::duration<Rep, Period> wait) {
    const auto start = deadline::clock::now();
    const std::chrono::duration<double> left = never - start;
    if (std::chrono::duration<double>(wait) >= left) return never;
    return start + std::chrono::ceil<deadline::duration>(wait);
}

}  // namespace bobbin::inline v0::ipc::detail
