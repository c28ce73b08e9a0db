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
    CLI::App app(
        "Starts processes, all at once, each of which puts its process id and its number into one "
        "shared queue; shows what came out.",
        "queue");
    app.footer("Example: queue --processes 4 --items 1000");
    apps::add_count(app, "--processes", chosen.processes, process_range, "Children that put");
    apps::add_count(app, "--items", chosen.items, item_range, "How often each of them does");
    app.add_flag("--die", chosen.die,
                 "The last child dies before it puts anything: that is an error, and no hang")
        ->disable_flag_override();
    app.add_flag("--json", chosen.json, "Print the result as one JSON object and nothing else")
        ->disable_flag_override();
    if (const auto exit_code = apps::parse(app, argc, argv)) {
        return *exit_code;
    }
    return chosen;
}

}  // namespace queue
