#pragma once

#include "run.hpp"
#include "settings.hpp"
#include "terminal.hpp"

#include <string>
#include <vector>

namespace tour {

// Texts for a person: before the first cell, before and after a cell runs, and at the end.
class printer {
public:
    explicit printer(unsigned workers) : workers_(workers) {}

    [[nodiscard]] std::string introduction() const;
    // Begins a chapter, too, if the cell is the first of one.
    [[nodiscard]] std::string before(const cell& cell);
    [[nodiscard]] std::string after(const cell_run& run) const;
    [[nodiscard]] std::string conclusion(const std::vector<cell_run>& runs) const;

private:
    apps::terminal terminal_;
    unsigned workers_;
    const chapter* chapter_ = nullptr;
};

}  // namespace tour
