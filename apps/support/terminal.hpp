// How text is laid out where it is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apps {

// What the standard output is. Without a terminal: 80 columns, unless COLUMNS says else, and never
// a control character; nor with NO_COLOR or on a dumb terminal.
class terminal {
public:
    terminal();

    [[nodiscard]] std::size_t prose_columns() const;  // fewer, if that is wide
    [[nodiscard]] std::string bold(std::string_view text) const { return styled("1", text); }
    [[nodiscard]] std::string dim(std::string_view text) const { return styled("2", text); }
    [[nodiscard]] std::string good(std::string_view text) const { return styled("32", text); }
    [[nodiscard]] std::string bad(std::string_view text) const { return styled("1;31", text); }

private:
    [[nodiscard]] std::string styled(std::string_view how, std::string_view text) const;

    std::size_t columns_;
    bool styles_;
};

// Spaces before the first line, and before each of the others.
struct indents {
    std::size_t first = 0;
    std::size_t others = 0;
};

// The words of `text`, as they stand between spaces, in lines of at most `width` columns; a word
// that is longer stands alone. With a newline at the end.
std::string wrapped(std::string_view text, indents indents, std::size_t width);

// Each line of `text` behind `prefix`, with a newline and no spaces at the end.
std::string prefixed(std::string_view text, std::string_view prefix);

}  // namespace apps
