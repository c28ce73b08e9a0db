#include "options.hpp"

#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <system_error>

namespace apps {

namespace {

// `otherwise` says what is allowed beside numbers.
std::uint64_t read_count(const std::string& name, const std::string& text, count_range range,
                         std::string_view otherwise = "") {
    const char* const end = text.data() + text.size();
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped != end || number < range.min || number > range.max) {
        throw CLI::ValidationError(
            name, fmt::format("must be {}a whole number from {} to {}, in digits, not '{}'",
                              otherwise, range.min, range.max, text));
    }
    return number;
}

}  // namespace

void add_count(CLI::App& app, const std::string& name, std::uint64_t& variable, count_range range,
               const std::string& description) {
    const auto read = [name, range, &variable](const std::string& text) {
        variable = read_count(name, text, range);
    };
    app.add_option_function<std::string>(name, read, description)
        ->option_text(fmt::format("N [{}]", variable));
}

void add_count_or_auto(CLI::App& app, const std::string& name, std::uint64_t& variable,
                       std::uint64_t automatic, count_range range, const std::string& description) {
    const auto read = [name, range, automatic, &variable](const std::string& text) {
        variable = text == "auto" ? automatic : read_count(name, text, range, "auto or ");
    };
    app.add_option_function<std::string>(name, read, description)
        ->option_text(fmt::format(
            "auto|N [{}]", variable == automatic ? std::string("auto") : std::to_string(variable)));
}

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
    constexpr std::size_t help_column = 44;
    app.get_formatter()->column_width(help_column);
    try {
        app.parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        return misuse(app, error.what());
    }
}

int misuse(const CLI::App& app, std::string_view what) {
    fmt::print(stderr, "{0}: {1}\nSee {0} --help.\n", app.get_name(), what);
    return 2;
}

}  // namespace apps
