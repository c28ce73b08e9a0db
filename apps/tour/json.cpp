// See json.hpp.
#include "json.hpp"

#include "json_value.hpp"

namespace tour {

std::string as_json(const std::vector<cell_run>& runs) {
    using apps::json_value;
    const auto to_json = [](const cell_run& run) {
        return json_value::object({{"cell", run.cell->name},
                                   {"title", run.cell->title},
                                   {"seconds", run.times.wall},
                                   {"user", run.times.user},
                                   {"system", run.times.system},
                                   {"notebook_seconds", run.cell->notebook_seconds},
                                   {"ok", run.verdict.ok},
                                   {"result", run.verdict.result}});
    };
    const json_value cells = json_value::list(runs, to_json, {.edges = "\n", .between = "\n"});
    return json_value::object({{"cells", cells}}).text() + "\n";
}

}  // namespace tour
