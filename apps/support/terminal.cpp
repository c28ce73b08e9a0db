// See terminal.hpp.
#include "terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace apps {
namespace {

constexpr std::size_t usual_columns = 80;
constexpr std::size_t fewest_columns = 40;
constexpr std::size_t widest_prose = 100;  // longer lines are hard to read

bool is_terminal() {
    return ::isatty(STDOUT_FILENO) == 1;
}

std::size_t columns_of_output() {
    winsize size{};
    if (is_terminal() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const char* const columns = std::getenv("COLUMNS");
    const int number = columns != nullptr ? std::atoi(columns) : 0;
    return number > 0 ? static_cast<std::size_t>(number) : usual_columns;
}

bool has(const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

bool takes_styles() {
    const char* const kind = std::getenv("TERM");
    return is_terminal() && !has("NO_COLOR") && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace

terminal::terminal()
    : columns_(std::max(columns_of_output(), fewest_columns)), styles_(takes_styles()) {}

std::size_t terminal::prose_columns() const {
    return std::min(columns_, widest_prose);
}

std::string terminal::styled(std::string_view how, std::string_view text) const {
    return styles_ ? fmt::format("\x1b[{}m{}\x1b[0m", how, text) : std::string(text);
}

std::string wrapped(std::string_view text, indents indents, std::size_t width) {
    std::string lines;
    std::size_t column = 0;
    const auto begin_line = [&](std::size_t indent) {
        lines.append(indent, ' ');
        column = indent;
    };
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (word.empty()) {
            continue;  // between two spaces
        }
        if (lines.empty()) {
            begin_line(indents.first);
        } else if (column + 1 + word.size() <= width) {
            lines += ' ';
            ++column;
        } else {
            lines += '\n';
            begin_line(indents.others);
        }
        lines += word;
        column += word.size();
    }
    lines += '\n';
    return lines;
}

std::string prefixed(std::string_view text, std::string_view prefix) {
    std::string lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string whole = fmt::format("{}{}", prefix, line);
        whole.resize(whole.find_last_not_of(' ') + 1);
        lines += whole + '\n';
    }
    return lines;
}

}  // namespace apps
