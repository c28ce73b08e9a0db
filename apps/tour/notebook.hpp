// What the cells leave to those after them, as a notebook's variables do.
#pragma once

#include <string>
#include <vector>

namespace tour {

struct notebook {
    unsigned workers = 1;                  ///< of the pools
    std::vector<double> res;               ///< estimates of pi, in the order of their jobs
    std::vector<std::vector<int>> chunks;  ///< In25
    std::vector<int> sums;                 ///< In26
    std::vector<std::string> printed;      ///< lines
    bool exact = false;                    ///< whether a cell saw what it was to see
};

}  // namespace tour
