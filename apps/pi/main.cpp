// Monte-Carlo pi, the computation of the course notebook "Multi-Core Parallelism", by awaitable
// tasks: see --help.

#include "computation.hpp"
#include "output.hpp"
#include "progress_bar.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <bobbin/ipc/init.hpp>

#include <cstdio>
#include <exception>
#include <fmt/format.h>

namespace {

void run(const pi::settings& settings) {
    pi::result result;
    {
        apps::progress_bar bar(settings.jobs, !settings.json);
        result = compute(settings, bar);
    }
    apps::print(settings.json ? as_json(settings, result) : as_text(settings, result));
}

}  // namespace

int main(int argc, char** argv) try {
    bobbin::ipc::init(argc, argv);
    const auto settings_or_exit_code = pi::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    run(std::get<pi::settings>(settings_or_exit_code));
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "pi: {}\n", error.what());
    return 1;
}
