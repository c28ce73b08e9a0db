// The course notebook "Multi-Core Parallelism", cell by cell, with bobbin: see --help.

#include "json.hpp"
#include "output.hpp"
#include "printer.hpp"
#include "run.hpp"
#include "settings.hpp"

#include <bobbin/ipc/init.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace {

std::vector<tour::cell_run> run(const tour::settings& settings) {
    const auto workers = static_cast<unsigned>(settings.workers);
    tour::runner runner(workers);
    tour::printer printer(workers);
    std::vector<tour::cell_run> runs;
    const auto tell = [&settings](const std::string& text) {
        if (!settings.json) {
            apps::print(text);
        }
    };
    tell(printer.introduction());
    for (const tour::cell* const cell : settings.cells) {
        tell(printer.before(*cell));
        runs.push_back(runner.run(*cell));
        tell(printer.after(runs.back()));
    }
    apps::print(settings.json ? as_json(runs) : printer.conclusion(runs));
    return runs;
}

}  // namespace

int main(int argc, char** argv) try {
    bobbin::ipc::init(argc, argv);
    const auto settings_or_exit_code = tour::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    const auto runs = run(std::get<tour::settings>(settings_or_exit_code));
    const bool right = std::ranges::all_of(runs, [](const auto& each) { return each.verdict.ok; });
    return right ? 0 : 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "tour: {}\n", error.what());
    return 1;
}
