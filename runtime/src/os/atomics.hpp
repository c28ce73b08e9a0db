// What the lock-free protocols are written over. A model checker instantiates them with its own.
#pragma once

#include <atomic>

namespace bobbin { inline namespace v0 { namespace detail {

struct std_atomics {
    template <class T>
    using atomic = std::atomic<T>;
};

// Two lines: the adjacent-line prefetcher of x86 fetches them in pairs.
inline constexpr unsigned long cache_line_pair = 128;

}}}  // namespace bobbin::v0::detail
