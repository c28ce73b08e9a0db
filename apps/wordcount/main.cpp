// The words of files, counted by map and reduce: see --help.

#include "counting.hpp"
#include "output.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <bobbin/ipc/init.hpp>

#include <cstdio>
#include <exception>
#include <fmt/format.h>

int main(int argc, char** argv) try {
    bobbin::ipc::init(argc, argv);
    const auto settings_or_exit_code = wordcount::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    const auto& settings = std::get<wordcount::settings>(settings_or_exit_code);
    const wordcount::result result = wordcount::count(settings);
    apps::print(settings.json ? as_json(settings, result) : as_text(settings, result));
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "wordcount: {}\n", error.what());
    return 1;
}
