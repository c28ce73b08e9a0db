// See json.hpp.
#include "json.hpp"

#include "json_value.hpp"

namespace bench {

std::string to_json(const suite& suite, const std::vector<row>& rows) {
    using apps::json_value;
    const auto row_to_json = [](const row& row) {
        return json_value::object({{"runtime", row.runtime},
                                   {"work", row.work},
                                   {"workers", row.workers},
                                   {"seconds", json_value::fixed(row.seconds, 9)},
                                   {"ns_per_task", json_value::fixed(row.ns_per_task, 4)},
                                   {"peak_rss_mib", json_value::fixed(row.peak_rss_mib, 2)}});
    };
    const json_value list = json_value::list(rows, row_to_json, {.edges = "\n", .between = "\n"});
    return json_value::object({{"suite", suite.name}, {"rows", list}}).text() + "\n";
}

}  // namespace bench
