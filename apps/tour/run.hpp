#pragma once

#include "cell.hpp"

#include <optional>
#include <string>

namespace tour {

struct times {
    double wall = 0;    ///< seconds
    double user = 0;    ///< seconds of all threads
    double system = 0;  ///< the same, in the kernel
};

struct cell_run {
    const tour::cell* cell = nullptr;
    std::optional<tour::times> times;  ///< none: it can't run yet
    tour::verdict verdict;
    [[nodiscard]] bool wrong() const { return times && !verdict.ok; }
};

/// Runs cells, one at a time, in a notebook whose variables they share.
class runner {
public:
    explicit runner(unsigned workers) { notebook_.workers = workers; }

    /// What the cell throws is its verdict.
    cell_run run(const cell& cell);

private:
    tour::notebook notebook_;
    std::string_view last_;  // the cell that left its results
};

}  // namespace tour
