// See settings.hpp.
#include "settings.hpp"

#include "options.hpp"

#include <vector>

namespace jobs {
namespace {

const std::vector<apps::choice<place>> places = {
    {"sequential", place::sequential},
    {"threads", place::threads},
    {"processes", place::processes},
};
constexpr apps::count_range worker_range = {1, 64};

}  // namespace

std::variant<settings, int> read_settings(int argc, char** argv) {
    settings chosen;
    chosen.workers = 2;
    apps::command_line line(
        "jobs",
        "Shows what can be done with a job that was submitted to a pool: ask for its status, "
        "cancel it, be called at its end, wait for the first of several, limit its time. Each "
        "line is what happened in this run, and is checked.");
    line.add_footer("Example: jobs --workers 1");
    line.add_choice("--place", chosen.place, places, "Where the jobs run");
    line.add_count("--workers", chosen.workers, worker_range,
                   "Workers of the pool; 1 in sequential");
    if (const auto exit_code = line.parse(argc, argv)) {
        return *exit_code;
    }
    if (chosen.place == place::sequential) {
        chosen.workers = 1;
    }
    return chosen;
}

}  // namespace jobs
