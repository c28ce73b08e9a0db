// What the command line of counter asks for.
#pragma once

#include "pool_choice.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace counter {

enum class method : std::uint8_t { global, value, value_lock, array, sharded, map_reduce, all };

struct settings {
    std::uint64_t processes = 100;  // or jobs, of map_reduce
    std::uint64_t increments = 1;   // by each
    counter::method method = counter::method::all;
    apps::pool_choice pool;  // for the jobs of map_reduce
    bool unsafe = false;     // `value` and `array` load, then store
    bool json = false;
};

// The settings, or the code with which the program is to end (help printed, misuse explained).
std::variant<settings, int> read_settings(int argc, char** argv);

// The word for it on the command line.
std::string_view name_of(method method);

}  // namespace counter
