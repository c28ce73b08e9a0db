// See settings.hpp.
#include "settings.hpp"

#include "options.hpp"

#include <fmt/format.h>
#include <vector>

namespace pi {
namespace {

using bobbin::mc_pi_isa;
using bobbin::mc_pi_kernel;

const std::vector<apps::choice<mc_pi_kernel>> kernels = {
    {"scalar", mc_pi_kernel::scalar},
    {"fast", mc_pi_kernel::fast},
};
const std::vector<apps::choice<mc_pi_isa>> isas = {
    {"auto", mc_pi_isa::fastest},
    {"baseline", mc_pi_isa::baseline},
    {"avx2", mc_pi_isa::avx2},
    {"avx512", mc_pi_isa::avx512},
};

// Limits that keep a slip of the finger from taking all memory, or days.
constexpr apps::count_range job_range = {1, 10'000'000};
constexpr apps::count_range sample_range = {1, 1'000'000'000'000};
constexpr apps::count_range chunk_range = {1, 10'000'000};

}  // namespace

std::variant<settings, int> read_settings(int argc, char** argv) {
    settings chosen;
    apps::command_line line(
        "pi",
        "Estimates pi from random points, in jobs that are mapped over a pool: of threads, of "
        "processes, or one that runs them one after the other. The estimates depend on --jobs, "
        "--samples, --seed "
        "and --kernel, and on nothing else.");
    line.add_footer("Example: pi --samples 100000000 --workers 2");
    add_pool_choice(line, chosen.pool);
    line.add_choice("--kernel", chosen.kernel, kernels, "How a job counts its points");
    line.add_choice("--isa", chosen.isa, isas,
                    "Instruction set of the fast kernel; all give the same estimates");
    line.add_count("--jobs", chosen.jobs, job_range, "Number of jobs");
    line.add_count("--samples", chosen.samples, sample_range, "Points of each job");
    line.add_count_or_auto("--chunk", chosen.chunk, bobbin::automatic, chunk_range,
                           "Jobs that a worker takes at once; auto: by how long they take");
    line.add_count("--seed", chosen.seed, {}, "Seed of the random streams");
    line.add_flag("--json", chosen.json, "Print the result as one JSON object and nothing else");

    if (const auto exit_code = line.parse(argc, argv)) {
        return *exit_code;
    }
    if (!is_supported(chosen.isa)) {
        return line.misuse(
            fmt::format("--isa: this machine has no {0}; use auto, the "
                        "fastest that it has, which is {1}",
                        name_of(chosen.isa), name_of(bobbin::fastest_mc_pi_isa())));
    }
    return chosen;
}

std::string_view name_of(mc_pi_kernel kernel) {
    return word_for(kernel, kernels);
}
std::string_view name_of(mc_pi_isa isa) {
    return word_for(isa, isas);
}

}  // namespace pi
