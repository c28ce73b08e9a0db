// See json_value.hpp.
#include "json_value.hpp"

#include "utf8.hpp"

#include <cmath>

namespace apps {

json_value::json_value(double number)
    : text_(std::isfinite(number) ? fmt::format("{}", number) : "null") {}

json_value json_value::fixed(double number, int decimals) {
    json_value value = number;
    if (std::isfinite(number)) {
        value.text_ = fmt::format("{:.{}f}", number, decimals);
    }
    return value;
}

json_value json_value::object(std::initializer_list<member> members) {
    json_value object = nullptr;
    object.text_ = "{";
    for (const auto& [name, value] : members) {
        object.text_ += object.text_.size() == 1 ? "" : ",";
        object.text_ += quoted(name) + ":" + value.text_;
    }
    object.text_ += "}";
    return object;
}

json_value json_value::list(std::initializer_list<json_value> elements) {
    return list(elements, std::identity());
}

std::string json_value::quoted(std::string_view text) {
    std::string json = "\"";
    for (const char c : valid_utf8(text)) {
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

}  // namespace apps
