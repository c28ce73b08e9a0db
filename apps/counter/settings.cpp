// See settings.hpp.
#include "settings.hpp"

#include "options.hpp"

#include <vector>

namespace counter {
namespace {

const std::vector<apps::choice<method>> methods = {
    {"global", method::global}, {"value", method::value},     {"value_lock", method::value_lock},
    {"array", method::array},   {"sharded", method::sharded}, {"map_reduce", method::map_reduce},
    {"all", method::all},
};

// Together they fit in the notebook's int.
constexpr apps::count_range process_range = {1, 1'000};
constexpr apps::count_range increment_range = {1, 2'000'000};

}  // namespace

std::variant<settings, int> read_settings(int argc, char** argv) {
    settings chosen;
    apps::command_line line(
        "counter",
        "Starts processes that count together, all at once: by a global, which they don't share, "
        "and by what bobbin has for it; and jobs on a pool, which share nothing and return their "
        "counts. Ends with 1 if a way that is safe counts wrong.");
    line.add_footer("Example: counter --processes 100 --increments 10000 --unsafe");
    line.add_count("--processes", chosen.processes, process_range,
                   "Processes that count; of map_reduce, jobs");
    line.add_count("--increments", chosen.increments, increment_range,
                   "How often each of them does");
    line.add_choice("--method", chosen.method, methods, "What they count by");
    add_pool_choice(line, chosen.pool);
    line.add_flag("--unsafe", chosen.unsafe,
                  "value and array: as the notebook does, load and then store; see what is lost");
    line.add_flag("--json", chosen.json, "Print the results as one JSON list and nothing else");
    if (const auto exit_code = line.parse(argc, argv)) {
        return *exit_code;
    }
    return chosen;
}

std::string_view name_of(method method) {
    return word_for(method, methods);
}

}  // namespace counter
