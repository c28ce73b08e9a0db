// See report.hpp.
#include "report.hpp"

#include "json_value.hpp"
#include "numbers.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <numeric>

namespace pi {
namespace {

struct summary {
    double mean;
    double error;           // |mean - pi|
    double standard_error;  // what the error is likely to be
};

summary summarise(const settings& settings, const result& result) {
    const auto jobs = static_cast<double>(settings.jobs);
    const double points = jobs * static_cast<double>(settings.samples);
    const double mean =
        std::accumulate(result.estimates.begin(), result.estimates.end(), 0.0) / jobs;
    return {.mean = mean,
            .error = std::abs(mean - std::numbers::pi),
            .standard_error = std::sqrt(std::numbers::pi * (4 - std::numbers::pi) / points)};
}

// The cells of the course notebook "Multi-Core Parallelism" that ran the same numbers of jobs and
// samples with a ProcessPoolExecutor of 4 workers.
struct cell {
    const char* name;
    std::uint64_t jobs;
    std::uint64_t samples;
    double seconds;
};
constexpr std::array cells = {
    cell{"In [12]", 10, 10'000'000, 1.5},
    cell{"In [14]", 10'000, 10'000, 4.2},
};

// Empty if the notebook did not do this work.
std::string beside_notebook(const settings& settings, const result& result) {
    for (const cell& cell : cells) {
        if (cell.jobs == settings.jobs && cell.samples == settings.samples) {
            return fmt::format(
                "notebook  {} s for the same work on 4 processes ({}): {:.1f} times "
                "as long\n",
                cell.seconds, cell.name, cell.seconds / result.seconds);
        }
    }
    return {};
}

std::string with_what(const settings& settings) {
    if (settings.kernel == bobbin::mc_pi_kernel::scalar) {
        return "scalar kernel";
    }
    const bool chosen_here = settings.isa == bobbin::mc_pi_isa::fastest;
    return fmt::format("fast kernel ({})",
                       name_of(chosen_here ? bobbin::fastest_mc_pi_isa() : settings.isa));
}

}  // namespace

std::string as_text(const settings& settings, const result& result) {
    const summary summary = summarise(settings, result);
    std::string text =
        fmt::format("{} job{} of {} samples, {}, {}, seed {}\n", apps::grouped(settings.jobs),
                    settings.jobs == 1 ? "" : "s", apps::grouped(settings.samples),
                    with_what(settings), as_text(settings.pool), settings.seed);
    text += apps::array_text(result.estimates) + "\n";
    text += fmt::format("pi        {:.8f}, off by {:.1e} (standard error {:.1e})\n", summary.mean,
                        summary.error, summary.standard_error);
    text += fmt::format(
        "time      {:.4f} s, {:.4f} s of CPU{}\n", result.seconds, result.cpu_seconds,
        settings.pool.place == apps::place::processes ? " beside that of the processes" : "");
    return text + beside_notebook(settings, result);
}

std::string as_json(const settings& settings, const result& result) {
    using apps::json_value;
    const summary summary = summarise(settings, result);
    const json_value chunk =
        settings.chunk == bobbin::automatic ? json_value("auto") : json_value(settings.chunk);
    const json_value all = json_value::object({{"place", name_of(settings.pool.place)},
                                               {"kernel", name_of(settings.kernel)},
                                               {"workers", settings.pool.size()},
                                               {"jobs", settings.jobs},
                                               {"samples", settings.samples},
                                               {"chunk", chunk},
                                               {"seed", settings.seed},
                                               {"estimates", json_value::list(result.estimates)},
                                               {"pi", summary.mean},
                                               {"error", summary.error},
                                               {"seconds", result.seconds},
                                               {"cpu_seconds", result.cpu_seconds}});
    return all.text() + "\n";
}

}  // namespace pi
