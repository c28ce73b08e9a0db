// Rows as people read them: by work, and within a work one line a runtime, the fastest first.
#pragma once

#include "measure.hpp"

#include <array>
#include <string>
#include <vector>

namespace bench {

// One runtime on one work: its row at one worker, or the fewest that the work has rows for, and at
// more; null where it has none.
struct runtime_line {
    std::string runtime;
    const row* one = nullptr;
    const row* many = nullptr;

    [[nodiscard]] double best_ns() const;
};

struct work_group {
    std::string work;
    std::vector<runtime_line> lines;  // sorted by best_ns

    // Null if that runtime is not in the group.
    [[nodiscard]] const runtime_line* find(const std::string& runtime) const;
};

// Groups in the order in which the works first appear. The result points into `rows`.
std::vector<work_group> group_by_work(const std::vector<row>& rows);

}  // namespace bench
