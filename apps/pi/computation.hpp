#pragma once

#include "progress_bar.hpp"
#include "settings.hpp"

#include <vector>

namespace pi {

struct result {
    std::vector<double> estimates;  // of the jobs, in their order
    double seconds = 0;             // from before there is a pool to the last job's result
    double cpu_seconds = 0;         // the same, of all threads of this process
};

// Runs the jobs; the bar advances with each.
result compute(const settings& settings, apps::progress_bar& bar);

}  // namespace pi
