#pragma once

#include "notebook.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tour {

// What came of a cell.
struct verdict {
    bool ok = false;     // it is what it must be
    std::string result;  // for a person, as the notebook shows it; may have several lines
};

// A cell of the notebook, done with bobbin.
struct cell {
    std::string_view name;   // the notebook's number: "In12"
    std::string_view since;  // the first of the cells that lead to it, with definitions only
    std::string_view title;
    std::string_view shows;                       // in one to three sentences
    std::optional<double> notebook_seconds = {};  // on the wall, where the notebook says it
    std::string_view of = {};                     // the cell whose results it looks at
    void (*run)(notebook&) = nullptr;             // what is timed
    verdict (*look)(const notebook&) = nullptr;   // afterwards
};

// The notebook's chapters, in its order.
std::span<const cell> plain_cells();
std::span<const cell> executor_cells();
std::span<const cell> future_cells();
std::span<const cell> argument_cells();
std::span<const cell> thread_cells();
std::span<const cell> mp_pool_cells();
std::span<const cell> process_cells();
std::span<const cell> counting_cells();

struct chapter {
    std::string_view title;
    std::span<const cell> cells;
};
const std::vector<chapter>& chapters();

// The cell that "In12" is, or leads to; null if the notebook has none.
const cell* find_cell(std::string_view name);

}  // namespace tour
