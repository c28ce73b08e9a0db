// What the cells leave to those after them, as a notebook's variables do.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tour {

struct notebook {
    unsigned workers = 1;                    // of the pools
    std::vector<double> res;                 // estimates of pi, in the order of their jobs
    std::vector<std::vector<int>> chunks;    // In25
    std::vector<int> numbers;                // results of jobs
    std::vector<std::pair<int, int>> pairs;  // In56: processes, and what they were given
    int counter = 0;                         // In62, In64
    std::vector<std::string> printed;        // lines
    bool exact = false;                      // whether a cell saw what it was to see
};

}  // namespace tour
