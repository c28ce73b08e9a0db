#pragma once

#include <cstddef>

namespace bench {

// What of this process is in memory now, in bytes.
std::size_t resident_bytes();

}  // namespace bench
