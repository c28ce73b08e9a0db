// See pool_choice.hpp.
#include "pool_choice.hpp"

#include <fmt/format.h>
#include <vector>

namespace apps {
namespace {

const std::vector<choice<place>> places = {
    {"sequential", place::sequential},
    {"threads", place::threads},
    {"processes", place::processes},
};
constexpr count_range worker_range = {1, 1'024};

}  // namespace

void add_pool_choice(command_line& line, pool_choice& chosen) {
    line.add_choice("--place", chosen.place, places, "Where the jobs run");
    line.add_count("--workers", chosen.workers, worker_range,
                   "Workers of the pool; 1 in sequential");
}

std::string_view name_of(place place) {
    return word_for(place, places);
}

std::string as_text(const pool_choice& chosen) {
    const bool several = chosen.size() != 1;
    switch (chosen.place) {
        case place::sequential:
            return "one after the other";
        case place::threads:
            return fmt::format("as tasks on {} thread{}", chosen.size(), several ? "s" : "");
        case place::processes:
            return fmt::format("in {} process{}", chosen.size(), several ? "es" : "");
    }
    return "?";
}

}  // namespace apps
