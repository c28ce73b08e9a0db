// Children put, the parent gets.
#pragma once

#include "settings.hpp"

#include <sys/types.h>
#include <utility>
#include <vector>

namespace queue {

using item = std::pair<pid_t, int>;  // who put it, and that child's number

struct result {
    std::vector<item> received;  // in the order in which they came
    double seconds = 0;          // from before the first child to the end of the last
};

// Throws std::runtime_error, which says who it was, if a child dies before it has put everything.
result exchange(const settings& settings);

}  // namespace queue
