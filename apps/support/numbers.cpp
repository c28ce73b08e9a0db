// See numbers.hpp.
#include "numbers.hpp"

#include <cstddef>
#include <fmt/format.h>

namespace apps {
namespace {

constexpr std::size_t per_line = 5;
constexpr std::size_t shown_each_end = 2 * per_line;

// Rows of an array under "array([", with a comma after every number but the last.
std::string rows(std::span<const double> values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) {
            text += i % per_line == 0 ? ",\n       " : ", ";
        }
        text += fmt::format("{:.8f}", values[i]);
    }
    return text;
}

}  // namespace

std::string array_text(std::span<const double> values) {
    if (values.size() <= 2 * shown_each_end) {
        return fmt::format("array([{}])", rows(values));
    }
    return fmt::format("array([{},\n       ...,\n       {}])", rows(values.first(shown_each_end)),
                       rows(values.last(shown_each_end)));
}

std::string grouped(std::uint64_t number) {
    std::string digits = fmt::format("{}", number);
    for (std::size_t end = digits.size(); end > 3; end -= 3) {
        digits.insert(end - 3, 1, ',');
    }
    return digits;
}

}  // namespace apps
