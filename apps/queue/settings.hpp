// What the command line of queue asks for.
#pragma once

#include <cstdint>
#include <variant>

namespace queue {

struct settings {
    std::uint64_t processes = 10;
    std::uint64_t items = 1;  // of each process
    bool die = false;         // whether the last process dies before it has put its items
    bool json = false;
};

// The settings, or the code with which the program is to end (help printed, misuse explained).
std::variant<settings, int> read_settings(int argc, char** argv);

}  // namespace queue
