// What the apps print for programs: JSON, made from the inside out.
#pragma once

#include <concepts>
#include <cstddef>
#include <fmt/format.h>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace apps {

// A whole number or a bool. A character is neither: it would be written without quotes.
template <class T>
concept json_integer = std::integral<T> && !std::same_as<T, char>;

// White space inside a list: behind "[" and before "]", and behind each comma.
struct json_gaps {
    std::string_view edges{};
    std::string_view between{};
};

// A value of JSON, which is always valid: whatever a text holds, and whatever a number is.
// Conversions to it are implicit, so that an object is written as a list of names and values.
// NOLINTBEGIN(google-explicit-constructor)
class json_value {
public:
    struct member;

    json_value(std::nullptr_t) : text_("null") {}
    template <json_integer T>
    json_value(T number) : text_(fmt::format("{}", number)) {}
    // With as many digits as it takes to read the same number again. Null if it is not finite, as
    // JSON has no word for that.
    json_value(double number);
    // In quotes. Bytes that are not UTF-8 become U+FFFD.
    template <std::convertible_to<std::string_view> T>
    json_value(const T& text) : text_(quoted(text)) {}
    template <class T>
    json_value(const std::optional<T>& maybe)
        : json_value(maybe ? json_value(*maybe) : json_value(nullptr)) {}

    // A number with that many digits behind the point. Null if it is not finite.
    static json_value fixed(double number, int decimals);
    // {"name":value,…}, in the given order.
    static json_value object(std::initializer_list<member> members);
    // [element,…]
    static json_value list(std::initializer_list<json_value> elements);
    // What `to` makes of each element of a range.
    template <class Range, class To = std::identity>
    static json_value list(const Range& range, To to = {}, json_gaps gaps = {});

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    static std::string quoted(std::string_view text);

    std::string text_;
};
// NOLINTEND(google-explicit-constructor)

struct json_value::member {
    std::string_view name;
    json_value value;
};

template <class Range, class To>
json_value json_value::list(const Range& range, To to, json_gaps gaps) {
    std::string elements;
    for (const auto& element : range) {
        if (!elements.empty()) {
            elements += ',';
            elements += gaps.between;
        }
        elements += json_value(to(element)).text();
    }
    json_value list = nullptr;
    list.text_ = fmt::format("[{}{}{}]", gaps.edges, elements, elements.empty() ? "" : gaps.edges);
    return list;
}

}  // namespace apps
