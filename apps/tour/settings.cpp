// See settings.hpp.
#include "settings.hpp"

#include "options.hpp"

#include <bobbin/runtime/available_parallelism.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace tour {
namespace {

constexpr apps::count_range worker_range = {1, 1'024};

std::string all_names() {
    std::string names;
    for (const chapter& chapter : chapters()) {
        for (const cell& cell : chapter.cells) {
            names += names.empty() ? "" : " ";
            names += cell.name;
        }
    }
    return names;
}

}  // namespace

std::variant<settings, int> read_settings(int argc, char** argv) {
    settings chosen;
    chosen.workers = bobbin::available_parallelism();
    std::vector<std::string> names;
    apps::command_line line(
        "tour",
        "Does what the course notebook \"Multi-Core Parallelism\" does, cell by cell, with bobbin: "
        "shows the code and its result, checks it, and puts the notebook's time beside ours.");
    line.add_footer("Cells: " + all_names() +
                    "\nExample: tour --cell In12 --cell In19 --workers 2");
    line.add_texts("--cell", names, "InN [all]", "Run only this cell; may be given several times");
    line.add_count("--workers", chosen.workers, worker_range, "Workers of the pools");
    line.add_flag("--json", chosen.json, "Print the results as one JSON object and nothing else");
    if (const auto exit_code = line.parse(argc, argv)) {
        return *exit_code;
    }

    std::vector<const cell*> wanted;
    for (const std::string& name : names) {
        wanted.push_back(find_cell(name));
        if (wanted.back() == nullptr) {
            return line.misuse(
                fmt::format("--cell: there is no '{}'; there are: {}", name, all_names()));
        }
    }
    for (const chapter& chapter : chapters()) {
        for (const cell& cell : chapter.cells) {
            if (names.empty() || std::ranges::find(wanted, &cell) != wanted.end()) {
                chosen.cells.push_back(&cell);
            }
        }
    }
    return chosen;
}

}  // namespace tour
