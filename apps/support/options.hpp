// Command-line options whose errors say what is allowed. They add to CLI11, whose own conversions
// read "010" as 8 and whose messages show C++ types.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps {

struct count_range {
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

/// An option for a whole number in decimal digits; `variable` holds the default, and has to outlive
/// the parsing.
void add_count(CLI::App& app, const std::string& name, std::uint64_t& variable, count_range range,
               const std::string& description);

/// The same, or the word "auto" for `automatic`, which is the default unless `variable` says else.
void add_count_or_auto(CLI::App& app, const std::string& name, std::uint64_t& variable,
                       std::uint64_t automatic, count_range range, const std::string& description);

template <class T>
struct choice {
    std::string_view word;
    T value;
};

/// The word for a value of a list of choices.
template <class T>
std::string_view word_for(T value, const std::vector<choice<T>>& choices) {
    for (const choice<T>& candidate : choices) {
        if (candidate.value == value) {
            return candidate.word;
        }
    }
    return "?";
}

/// An option for one word of a list; `variable` as in add_count.
template <class T>
void add_choice(CLI::App& app, const std::string& name, T& variable,
                const std::vector<choice<T>>& choices, const std::string& description) {
    std::string words;
    for (const choice<T>& candidate : choices) {
        words += (words.empty() ? "" : "|") + std::string(candidate.word);
    }
    const auto read = [name, words, choices, &variable](const std::string& text) {
        for (const choice<T>& candidate : choices) {
            if (candidate.word == text) {
                variable = candidate.value;
                return;
            }
        }
        throw CLI::ValidationError(name, "must be one of " + words + ", not '" + text + "'");
    };
    app.add_option_function<std::string>(name, read, description)
        ->option_text(words + " [" + std::string(word_for(variable, choices)) + "]");
}

/// Parses the command line. If the program is to end here, gives its exit code: 0 after --help has
/// been printed, 2 after an error has been explained on stderr.
std::optional<int> parse(CLI::App& app, int argc, char** argv);

/// Explains a misuse on stderr, as parse does, and gives the exit code: 2.
int misuse(const CLI::App& app, std::string_view what);

}  // namespace apps
