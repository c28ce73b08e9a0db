// See options.hpp.
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <system_error>

namespace apps {

struct command_line::parser : CLI::App {
    using CLI::App::App;
};

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

command_line::command_line(const std::string& program, const std::string& description)
    : parser_(std::make_unique<parser>(description, program)) {}
command_line::~command_line() = default;

void command_line::add_footer(const std::string& text) {
    parser_->footer(text);
}

void command_line::add_flag(const std::string& name, bool& variable,
                            const std::string& description) {
    parser_->add_flag(name, variable, description)->disable_flag_override();
}

void command_line::add_count(const std::string& name, std::uint64_t& variable, count_range range,
                             const std::string& description) {
    const auto read = [name, range, &variable](const std::string& text) {
        variable = read_count(name, text, range);
    };
    parser_->add_option_function<std::string>(name, read, description)
        ->option_text(fmt::format("N [{}]", variable));
}

void command_line::add_count_or_auto(const std::string& name, std::uint64_t& variable,
                                     std::uint64_t automatic, count_range range,
                                     const std::string& description) {
    const auto read = [name, range, automatic, &variable](const std::string& text) {
        variable = text == "auto" ? automatic : read_count(name, text, range, "auto or ");
    };
    parser_->add_option_function<std::string>(name, read, description)
        ->option_text(fmt::format(
            "auto|N [{}]", variable == automatic ? std::string("auto") : std::to_string(variable)));
}

void command_line::add_word(const std::string& name, const std::string& words,
                            std::string_view initial,
                            const std::function<bool(const std::string&)>& read,
                            const std::string& description) {
    const auto checked = [name, words, read](const std::string& text) {
        if (!read(text)) {
            throw CLI::ValidationError(name,
                                       fmt::format("must be one of {}, not '{}'", words, text));
        }
    };
    auto* const option = parser_->add_option_function<std::string>(name, checked, description);
    if (name.starts_with("--")) {
        option->option_text(fmt::format("{} [{}]", words, initial));
    } else {
        option->required()->option_text(words);
    }
}

void command_line::add_text(const std::string& name, std::string& variable, const std::string& hint,
                            const std::string& description) {
    parser_->add_option(name, variable, description)->option_text(hint);
}

void command_line::add_texts(const std::string& name, std::vector<std::string>& variable,
                             const std::string& hint, const std::string& description) {
    parser_->add_option(name, variable, description)->option_text(hint)->allow_extra_args(false);
}

void command_line::add_arguments(const std::string& name, std::vector<std::string>& variable,
                                 const std::string& description) {
    parser_->add_option(name, variable, description)->option_text("...")->required();
}

void command_line::add_list(const std::string& name, std::vector<std::string>& variable,
                            const std::string& description) {
    parser_->add_option(name, variable, description)->delimiter(',');
}

void command_line::hide(const std::string& name) {
    parser_->get_option(name)->group("");
}

std::optional<int> command_line::parse(int argc, char** argv) {
    constexpr std::size_t help_column = 44;
    parser_->get_formatter()->column_width(help_column);
    try {
        parser_->parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::Success& help) {
        return parser_->exit(help);
    } catch (const CLI::ParseError& error) {
        return misuse(error.what());
    }
}

bool command_line::given(const std::string& name) const {
    return parser_->count(name) > 0;
}

int command_line::misuse(std::string_view what) const {
    fmt::print(stderr, "{0}: {1}\nSee {0} --help.\n", parser_->get_name(), what);
    return 2;
}

}  // namespace apps
