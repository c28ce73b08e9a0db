// See settings.hpp.
#include "settings.hpp"

#include "options.hpp"

namespace queue {
namespace {

constexpr apps::count_range process_range = {1, 128};  // as many as a shared_queue expects
// Keeps a slip of the finger from taking all memory.
constexpr apps::count_range item_range = {1, 100'000};

}  // namespace

std::variant<settings, int> read_settings(int argc, char** argv) {
    settings chosen;
    apps::command_line line(
        "queue",
        "Starts processes, all at once, each of which puts its process id and its number into one "
        "shared queue; shows what came out.");
    line.add_footer("Example: queue --processes 4 --items 1000");
    line.add_count("--processes", chosen.processes, process_range, "Children that put");
    line.add_count("--items", chosen.items, item_range, "How often each of them does");
    line.add_flag("--die", chosen.die,
                  "The last child dies before it puts anything: that is an error, and no hang");
    line.add_flag("--json", chosen.json, "Print the result as one JSON object and nothing else");
    if (const auto exit_code = line.parse(argc, argv)) {
        return *exit_code;
    }
    return chosen;
}

}  // namespace queue
