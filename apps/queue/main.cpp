// How to get return values from processes, In55-In56 of the course notebook "Multi-Core
// Parallelism": through a queue. See --help.

#include "exchange.hpp"
#include "output.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <cstdio>
#include <exception>
#include <fmt/format.h>

int main(int argc, char** argv) try {
    const auto settings_or_exit_code = queue::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    const auto& settings = std::get<queue::settings>(settings_or_exit_code);
    const queue::result result = queue::exchange(settings);
    apps::print(settings.json ? as_json(settings, result) : as_text(settings, result));
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "queue: {}\n", error.what());
    return 1;
}
