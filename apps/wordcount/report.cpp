#include "report.hpp"

#include "numbers.hpp"
#include "utf8.hpp"

#include <fmt/format.h>

namespace wordcount {

std::string as_text(const settings& settings, const result& result) {
    std::string text;
    for (const auto& [word, count] : result.top) {
        text += fmt::format("{:>15}  {}\n", apps::grouped(count), valid_utf8(word));
    }
    return text + fmt::format(
                      "{}{} words, {} of them distinct, in {} bytes of {} file{}\n"
                      "{:.4f} s, {}\n",
                      text.empty() ? "" : "\n", apps::grouped(result.words),
                      apps::grouped(result.distinct), apps::grouped(result.bytes),
                      apps::grouped(result.files), result.files == 1 ? "" : "s", result.seconds,
                      as_text(settings.pool));
}

// Words hold nothing that JSON would want escaped.
std::string as_json(const settings& settings, const result& result) {
    std::string top;
    for (const auto& [word, count] : result.top) {
        top += fmt::format(R"({}{{"word":"{}","count":{}}})", top.empty() ? "" : ",",
                           valid_utf8(word), count);
    }
    return fmt::format(R"({{"place":"{}","workers":{},"files":{},"bytes":{},"words":{},)"
                       R"("distinct":{},"top":[{}],"seconds":{:.6f}}})"
                       "\n",
                       name_of(settings.pool.place), settings.pool.size(), result.files,
                       result.bytes, result.words, result.distinct, top, result.seconds);
}

}  // namespace wordcount
