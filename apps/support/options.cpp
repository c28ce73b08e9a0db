#include "options.hpp"

#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <system_error>

namespace apps {

void add_count(CLI::App& app, const std::string& name, std::uint64_t& variable, count_range range,
               const std::string& description) {
    const auto read = [name, range, &variable](const std::string& text) {
        const char* const end = text.data() + text.size();
        std::uint64_t number = 0;
        const auto [stopped, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc{} || stopped != end || number < range.min || number > range.max) {
            throw CLI::ValidationError(name, fmt::format("must be a whole number from {} to {}, "
                                                         "in digits, not '{}'",
                                                         range.min, range.max, text));
        }
        variable = number;
    };
    app.add_option_function<std::string>(name, read, description)
        ->option_text(fmt::format("N [{}]", variable));
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
