// In4-In11: without a pool, or with one that has no threads.
#include "estimates.hpp"

#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <array>

namespace tour {
namespace {

void in5(notebook& nb) {
    // shown by In5

    estimates res;
    for (std::uint64_t job = 0; job < 10; ++job) {
        const auto scalar = bobbin::mc_pi_kernel::scalar;
        res.push_back(bobbin::mc_pi(100'000, seed, job, scalar));
    }
    // to here
    nb.res = std::move(res);
}

void in7(notebook& nb) {
    // shown by In7

    estimates res;
    for (std::uint64_t job = 0; job < 10; ++job) {
        res.push_back(mc_pi(10'000'000, job));
    }
    // to here
    nb.res = std::move(res);
}

void in10(notebook& nb) {
    // shown by In10

    bobbin::sequential_pool pool;
    estimates res = bobbin::sync_wait(ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

constexpr std::array cells = {
    cell{.name = "In5",
         .since = "In4",
         .title = "Vanilla: 10 jobs of 100,000 samples",
         .shows = "Pi from random points, in the obvious loop: a point at a time, a job at a time.",
         .notebook_seconds = 2.14,
         .run = in5,
         .look = vanilla_estimates},
    cell{.name = "In7",
         .since = "In6",
         .title = "Compiled: 10 jobs of 10,000,000",
         .shows = "A hundred times the work, for which the notebook compiles the function with "
                  "numba. Here it is a kernel that uses the vector instructions of the CPU.",
         .notebook_seconds = 1.65,
         .run = in7,
         .look = ten_estimates},
    cell{.name = "In8",
         .since = "In8",
         .title = "The estimates of In7",
         .shows = "Each job has a random stream of its own, so that no two rows are copies.",
         .of = "In7",
         .run = show,
         .look = ten_estimates_shown},
    cell{.name = "In10",
         .since = "In9",
         .title = "The same, mapped over a pool in line",
         .shows = "The notebook compiles with cython. Here the loop becomes a task that maps the "
                  "function over a pool, whichever: this one has no threads and is for "
                  "comparing and debugging.",
         .notebook_seconds = 4.21,
         .run = in10,
         .look = ten_estimates},
    cell{.name = "In11",
         .since = "In11",
         .title = "The estimates of In10",
         .shows = "Bit for bit those of In8: what a job computes depends on its number alone.",
         .of = "In10",
         .run = show,
         .look = ten_estimates_shown},
};

}  // namespace

std::span<const cell> plain_cells() {
    return cells;
}

}  // namespace tour
