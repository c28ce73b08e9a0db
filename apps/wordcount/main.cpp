// The words of files, counted by map and reduce: see --help.

#include "counting.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <bobbin/ipc/init.hpp>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <system_error>

int main(int argc, char** argv) try {
    bobbin::ipc::init(argc, argv);
    const auto settings_or_exit_code = wordcount::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    const auto& settings = std::get<wordcount::settings>(settings_or_exit_code);
    const wordcount::result result = wordcount::count(settings);
    fmt::print("{}", settings.json ? as_json(settings, result) : as_text(settings, result));
    if (std::fflush(stdout) != 0) {
        throw std::system_error(errno, std::generic_category(), "standard output");
    }
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "wordcount: {}\n", error.what());
    return 1;
}
