// Where an app's jobs run: the options --place and --workers. See also run_on.hpp.
#pragma once

#include "options.hpp"

#include <bobbin/runtime/available_parallelism.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace apps {

enum class place : std::uint8_t { sequential, threads, processes };

struct pool_choice {
    apps::place place = place::threads;
    std::uint64_t workers = bobbin::available_parallelism();  // if there is a choice

    // Workers of the pool.
    [[nodiscard]] unsigned size() const {
        return place == place::sequential ? 1 : static_cast<unsigned>(workers);
    }
};

// Adds the two options to the command line.
void add_pool_choice(command_line& line, pool_choice& chosen);

// The word of the command line.
std::string_view name_of(place place);

// "one after the other", "as tasks on 2 threads", "in 2 processes"
std::string as_text(const pool_choice& chosen);

}  // namespace apps
