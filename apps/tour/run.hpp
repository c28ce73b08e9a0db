#pragma once

#include "cell.hpp"

#include <string_view>

namespace tour {

struct times {
    double wall = 0;    // seconds
    double user = 0;    // seconds of all threads of this process
    double system = 0;  // the same, in the kernel
};

struct cell_run {
    const tour::cell* cell = nullptr;
    tour::times times = {};  // 0 if it threw
    tour::verdict verdict = {};
};

// Runs cells, one at a time, in a notebook whose variables they share.
class runner {
public:
    explicit runner(unsigned workers) { notebook_.workers = workers; }

    // What the cell throws is its verdict.
    cell_run run(const cell& cell);

private:
    tour::notebook notebook_;
    std::string_view last_;  // the cell that left its results
};

}  // namespace tour
