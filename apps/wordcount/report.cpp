// See report.hpp.
#include "report.hpp"

#include "json_value.hpp"
#include "numbers.hpp"
#include "utf8.hpp"

#include <fmt/format.h>

namespace wordcount {

std::string as_text(const settings& settings, const result& result) {
    std::string text;
    for (const auto& [word, count] : result.top) {
        text += fmt::format("{:>15}  {}\n", apps::grouped(count), apps::valid_utf8(word));
    }
    return text + fmt::format(
                      "{}{} words, {} of them distinct, in {} bytes of {} file{}\n"
                      "{:.4f} s, {}\n",
                      text.empty() ? "" : "\n", apps::grouped(result.words),
                      apps::grouped(result.distinct), apps::grouped(result.bytes),
                      apps::grouped(result.files), result.files == 1 ? "" : "s", result.seconds,
                      as_text(settings.pool));
}

std::string as_json(const settings& settings, const result& result) {
    using apps::json_value;
    const auto to_json = [](const auto& word) {
        return json_value::object({{"word", word.first}, {"count", word.second}});
    };
    const json_value all = json_value::object({{"place", name_of(settings.pool.place)},
                                               {"workers", settings.pool.size()},
                                               {"files", result.files},
                                               {"bytes", result.bytes},
                                               {"words", result.words},
                                               {"distinct", result.distinct},
                                               {"top", json_value::list(result.top, to_json)},
                                               {"seconds", json_value::fixed(result.seconds, 6)}});
    return all.text() + "\n";
}

}  // namespace wordcount
