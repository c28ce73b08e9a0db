// Round trips begin when both sides sleep.
#pragma once

#include <chrono>

namespace bench::peers {

// In which the other side falls asleep, however long it spins; not timed.
constexpr std::chrono::microseconds pause_before_trip{300};

}  // namespace bench::peers
