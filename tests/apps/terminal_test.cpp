// Goal: texts are laid out for people as terminal.hpp says. Method: exact texts.

#include "terminal.hpp"

#include <doctest/doctest.h>
#include <sstream>
#include <string>

using apps::prefixed;
using apps::wrapped;

TEST_CASE("words are wrapped into lines that are filled up to the width, and no further") {
    CHECK(wrapped("one two three", {}, 80) == "one two three\n");
    CHECK(wrapped("one two three", {}, 13) == "one two three\n");
    CHECK(wrapped("one two three", {}, 12) == "one two\nthree\n");
    CHECK(wrapped("one two three", {}, 7) == "one two\nthree\n");
    CHECK(wrapped("one two three", {}, 6) == "one\ntwo\nthree\n");
}

TEST_CASE("indents count as part of the line, the first one and that of the others") {
    CHECK(wrapped("one two three", {.first = 2, .others = 2}, 9) == "  one two\n  three\n");
    CHECK(wrapped("one two three", {.first = 2, .others = 2}, 8) == "  one\n  two\n  three\n");
    CHECK(wrapped("one two three four", {.first = 0, .others = 2}, 7) ==
          "one two\n  three\n  four\n");
    CHECK(wrapped("one two", {.first = 4, .others = 0}, 7) == "    one\ntwo\n");
}

TEST_CASE("a word that is longer than a line stands alone, wherever it comes") {
    CHECK(wrapped("incomprehensible", {}, 5) == "incomprehensible\n");
    CHECK(wrapped("incomprehensible a b", {}, 5) == "incomprehensible\na b\n");
    CHECK(wrapped("a incomprehensible b", {.first = 0, .others = 2}, 5) ==
          "a\n  incomprehensible\n  b\n");
}

TEST_CASE("several spaces are as one, and none are left at the ends") {
    CHECK(wrapped("  one   two  ", {}, 80) == "one two\n");
    CHECK(wrapped("   ", {.first = 2, .others = 2}, 80) == "\n");
    CHECK(wrapped("", {.first = 2, .others = 2}, 80) == "\n");
}

TEST_CASE("wrapping at any width keeps all words in their order") {
    const std::string text = "a bb ccc dddd eeeee ffffff ggggggg hhhhhhhh";
    for (std::size_t width = 0; width < 60; ++width) {
        std::istringstream words(wrapped(text, {.first = 1, .others = 3}, width));
        std::string joined;
        for (std::string word; words >> word;) {
            joined += (joined.empty() ? "" : " ") + word;
        }
        CHECK(joined == text);
    }
}

TEST_CASE("each line gets the prefix, and no line ends with spaces") {
    CHECK(prefixed("one\n\ntwo  ", "| ") == "| one\n|\n| two\n");
    CHECK(prefixed("", "| ").empty());
}
