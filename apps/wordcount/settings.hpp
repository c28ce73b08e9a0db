// What the command line of wordcount asks for.
#pragma once

#include "pool_choice.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace wordcount {

struct settings {
    std::vector<std::string> paths;
    apps::pool_choice pool;
    std::uint64_t top = 10;  // words to print
    bool json = false;
};

// The settings, or the code with which the program is to end (help printed, misuse explained).
std::variant<settings, int> read_settings(int argc, char** argv);

}  // namespace wordcount
