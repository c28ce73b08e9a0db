// See report.hpp.
#include "report.hpp"

#include "json_value.hpp"
#include "numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>

namespace counter {
namespace {

// What became of a load and a store.
const char* between(const result& result) {
    return result.tally.counted < result.expected ? "others came between"
                                                  : "nobody came between: luck";
}

std::string meaning_of(const settings& settings, const result& result) {
    if (!is_right(settings, result)) {
        return "WRONG";
    }
    switch (result.method) {
        case method::global:
            return "each has its own copy";
        case method::value:
            return result.exact ? "++ is atomic" : between(result);
        case method::value_lock:
            return "one at a time";
        case method::array:
            return result.exact ? "++ of elements is atomic" : between(result);
        case method::sharded:
            return "each has its own part";
        case method::map_reduce:
            return "each job returns its count";
        case method::all:
            break;
    }
    return {};
}

}  // namespace

std::string as_text(const settings& settings, const std::vector<result>& results) {
    std::string text = fmt::format(
        "{} process{} at once, {} increment{} each\n\n"
        "{:10} {:>10} {:>10} {:>10} {:>8}\n",
        settings.processes, settings.processes == 1 ? "" : "es", apps::grouped(settings.increments),
        settings.increments == 1 ? "" : "s", "method", "expected", "counted", "lost", "s");
    for (const result& result : results) {
        text += fmt::format("{:10} {:>10} {:>10} {:>10} {:>8.4f}  {}\n", name_of(result.method),
                            result.expected, result.tally.counted,
                            result.expected - result.tally.counted, result.seconds,
                            meaning_of(settings, result));
    }
    // The same for all methods, if it is right.
    const std::vector<int>& store = results.front().tally.store;
    return text + fmt::format("\nstore: [{}], in all {}\n", fmt::join(store, ", "),
                              std::accumulate(store.begin(), store.end(), 0));
}

std::string as_json(const settings& settings, const std::vector<result>& results) {
    using apps::json_value;
    const auto to_json = [&](const result& result) {
        return json_value::object({{"method", name_of(result.method)},
                                   {"processes", settings.processes},
                                   {"increments", settings.increments},
                                   {"expected", result.expected},
                                   {"counted", result.tally.counted},
                                   {"store", json_value::list(result.tally.store)},
                                   {"seconds", json_value::fixed(result.seconds, 6)}});
    };
    return json_value::list(results, to_json, {.between = "\n"}).text() + "\n";
}

}  // namespace counter
