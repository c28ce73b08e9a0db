// What the command line of the tour asks for.
#pragma once

#include "cell.hpp"

#include <cstdint>
#include <variant>
#include <vector>

namespace tour {

struct settings {
    std::uint64_t workers = 1;
    std::vector<const cell*> cells;  // which to run, in the notebook's order
    bool json = false;
};

// The settings, or the code with which the program is to end (help printed, misuse explained).
std::variant<settings, int> read_settings(int argc, char** argv);

}  // namespace tour
