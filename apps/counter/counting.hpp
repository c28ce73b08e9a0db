// Runs the ways of counting of workloads/, and judges what comes out.
#pragma once

#include "settings.hpp"

#include <bobbin/workloads/count.hpp>

#include <cstdint>
#include <vector>

namespace counter {

struct result {
    counter::method method = counter::method::global;
    bool exact = true;          // promises to lose nothing
    std::int64_t expected = 0;  // by all together
    bobbin::tally tally = {};
    double seconds = 0;  // from before the first process, or the pool, to the end of the last
};

// One result, or one for each method. Throws std::runtime_error if a child fails.
std::vector<result> count(const settings& settings);

// Whether it is what must come out: nothing lost where that is promised, nothing counted by what
// is not shared.
bool is_right(const settings& settings, const result& result);

}  // namespace counter
