// See report.hpp.
#include "report.hpp"

#include "json_value.hpp"
#include "numbers.hpp"

#include <cstddef>
#include <fmt/format.h>

namespace queue {
namespace {

constexpr std::size_t most_shown = 20;  // of more, only the first and the last ten

// As Python shows a list of tuples.
std::string list_text(const std::vector<item>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items.size() > most_shown && i == most_shown / 2) {
            i = items.size() - most_shown / 2;
            text += " ...,\n";
        }
        text += fmt::format("{}({}, {}){}\n", i == 0 ? "[" : " ", items[i].first, items[i].second,
                            i + 1 == items.size() ? "]" : ",");
    }
    return text;
}

}  // namespace

std::string as_text(const settings& settings, const result& result) {
    return list_text(result.received) +
           fmt::format("{} process{} put {} item{} each, {} came, in {:.4f} s\n",
                       settings.processes, settings.processes == 1 ? "" : "es",
                       apps::grouped(settings.items), settings.items == 1 ? "" : "s",
                       apps::grouped(result.received.size()), result.seconds);
}

std::string as_json(const settings& settings, const result& result) {
    using apps::json_value;
    const auto to_json = [](const item& each) {
        return json_value::list({each.first, each.second});
    };
    const json_value all =
        json_value::object({{"processes", settings.processes},
                            {"items", settings.items},
                            {"received", json_value::list(result.received, to_json)},
                            {"seconds", json_value::fixed(result.seconds, 6)}});
    return all.text() + "\n";
}

}  // namespace queue
