// Which of several jobs begins first.
#pragma once

#include <cstdint>

namespace bobbin { inline namespace v0 {

// Jobs of high priority begin before those of normal priority that wait with them to be taken up
// by the pool; they interrupt nothing.
enum class priority : std::uint8_t { normal, high };

}}  // namespace bobbin::v0
