// What the command line of jobs asks for.
#pragma once

#include <cstdint>
#include <variant>

namespace jobs {

enum class place { sequential, threads, processes };

struct settings {
    jobs::place place = jobs::place::threads;
    std::uint64_t workers = 1;
};

// The settings, or the code with which the program is to end (help printed, misuse explained).
std::variant<settings, int> read_settings(int argc, char** argv);

}  // namespace jobs
