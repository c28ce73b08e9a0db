#include "json.hpp"

#include <fmt/format.h>

namespace tour {
namespace {

std::string quoted(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (c == '\n') {
            json += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            json += c;
        }
    }
    json += '"';
    return json;
}

std::string number(const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "null";
}

std::string object(const cell_run& run) {
    return fmt::format(
        R"({{"cell":{},"title":{},"seconds":{},"user":{},"system":{},"notebook_seconds":{},)"
        R"("ok":{},"result":{}}})",
        quoted(run.cell->name), quoted(run.cell->title), run.times.wall, run.times.user,
        run.times.system, number(run.cell->notebook_seconds), run.verdict.ok,
        quoted(run.verdict.result));
}

}  // namespace

std::string as_json(const std::vector<cell_run>& runs) {
    std::string text = R"({"cells":[)";
    for (const cell_run& run : runs) {
        text += &run == runs.data() ? "\n" : ",\n";
        text += object(run);
    }
    return text + "\n]}\n";
}

}  // namespace tour
