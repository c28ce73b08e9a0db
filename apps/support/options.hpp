// The command line of an app, with errors that say what is allowed.
//
// It is CLI11's, behind a wall: its headers take ten seconds to compile, its conversions read "010"
// as 8, and its messages show C++ types.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps {

struct count_range {
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

template <class T>
struct choice {
    std::string_view word;
    T value;
};

// The word for a value of a list of choices.
template <class T>
std::string_view word_for(T value, const std::vector<choice<T>>& choices) {
    for (const choice<T>& candidate : choices) {
        if (candidate.value == value) {
            return candidate.word;
        }
    }
    return "?";
}

// Names of options begin with two dashes; a name without them is an argument that must be given.
// Variables hold the defaults, and have to outlive the parsing.
class command_line {
public:
    command_line(const std::string& program, const std::string& description);
    command_line(const command_line&) = delete;
    command_line& operator=(const command_line&) = delete;
    ~command_line();

    // Text under the list of options.
    void add_footer(const std::string& text);

    void add_flag(const std::string& name, bool& variable, const std::string& description);
    // A whole number in decimal digits.
    void add_count(const std::string& name, std::uint64_t& variable, count_range range,
                   const std::string& description);
    // The same, or the word "auto" for `automatic`.
    void add_count_or_auto(const std::string& name, std::uint64_t& variable,
                           std::uint64_t automatic, count_range range,
                           const std::string& description);
    // One word of a list.
    template <class T>
    void add_choice(const std::string& name, T& variable, const std::vector<choice<T>>& choices,
                    const std::string& description);
    // Any text; `hint` stands for it in --help.
    void add_text(const std::string& name, std::string& variable, const std::string& hint,
                  const std::string& description);
    // A text that may be given several times.
    void add_texts(const std::string& name, std::vector<std::string>& variable,
                   const std::string& hint, const std::string& description);
    // Arguments of the program, one or more.
    void add_arguments(const std::string& name, std::vector<std::string>& variable,
                       const std::string& description);
    // Texts separated by commas.
    void add_list(const std::string& name, std::vector<std::string>& variable,
                  const std::string& description);
    // The option is for the program's own use: --help does not show it.
    void hide(const std::string& name);

    // If the program is to end here, gives its exit code: 0 after --help has been printed, 2 after
    // an error has been explained on stderr.
    std::optional<int> parse(int argc, char** argv);
    // Whether the option was there.
    [[nodiscard]] bool given(const std::string& name) const;
    // Explains a misuse on stderr, as parse does, and gives the exit code: 2.
    [[nodiscard]] int misuse(std::string_view what) const;

private:
    // `read` returns false for a word that it doesn't know.
    void add_word(const std::string& name, const std::string& words, std::string_view initial,
                  const std::function<bool(const std::string&)>& read,
                  const std::string& description);

    struct parser;
    const std::unique_ptr<parser> parser_;
};

template <class T>
void command_line::add_choice(const std::string& name, T& variable,
                              const std::vector<choice<T>>& choices,
                              const std::string& description) {
    std::string words;
    for (const choice<T>& candidate : choices) {
        words += words.empty() ? "" : "|";
        words += candidate.word;
    }
    const auto read = [choices, &variable](const std::string& text) {
        for (const choice<T>& candidate : choices) {
            if (candidate.word == text) {
                variable = candidate.value;
                return true;
            }
        }
        return false;
    };
    add_word(name, words, word_for(variable, choices), read, description);
}

}  // namespace apps
