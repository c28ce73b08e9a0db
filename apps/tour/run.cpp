// See run.hpp.
#include "run.hpp"

#include <chrono>
#include <exception>
#include <sys/resource.h>
#include <sys/time.h>

namespace tour {
namespace {

double in_seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

times now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto wall = std::chrono::steady_clock::now().time_since_epoch();
    return {.wall = std::chrono::duration<double>(wall).count(),
            .user = in_seconds(usage.ru_utime),
            .system = in_seconds(usage.ru_stime)};
}

}  // namespace

cell_run runner::run(const cell& cell) {
    cell_run run{.cell = &cell};
    try {
        if (!cell.of.empty() && cell.of != last_) {
            find_cell(cell.of)->run(notebook_);
            last_ = cell.of;
        }
        notebook_.printed.clear();
        notebook_.exact = false;
        const times before = now();
        cell.run(notebook_);
        const times after = now();
        run.times = {.wall = after.wall - before.wall,
                     .user = after.user - before.user,
                     .system = after.system - before.system};
        if (cell.of.empty()) {
            last_ = cell.name;
        }
        run.verdict = cell.look(notebook_);
    } catch (const std::exception& error) {
        run.verdict = {.ok = false, .result = std::string("threw: ") + error.what()};
    }
    return run;
}

}  // namespace tour
