// Counting in several processes or jobs at once, In57-In64 of the course notebook "Multi-Core
// Parallelism". See --help.

#include "counting.hpp"
#include "output.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <bobbin/ipc/init.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fmt/format.h>

int main(int argc, char** argv) try {
    bobbin::ipc::init(argc, argv);
    const auto settings_or_exit_code = counter::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    const auto& settings = std::get<counter::settings>(settings_or_exit_code);
    const std::vector<counter::result> results = counter::count(settings);
    apps::print(settings.json ? as_json(settings, results) : as_text(settings, results));
    const bool all_right = std::ranges::all_of(
        results, [&](const auto& result) { return is_right(settings, result); });
    return all_right ? 0 : 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "counter: {}\n", error.what());
    return 1;
}
