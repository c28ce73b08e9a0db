// In41-In45: multiprocessing.Pool.map, on threads until there are processes.
#include "estimates.hpp"

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <array>

namespace tour {
namespace {

void in41(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In41
    bobbin::thread_pool pool({.threads = workers});
    estimates res = bobbin::sync_wait(pool, ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

void in43(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In43
    bobbin::thread_pool pool({.threads = workers});
    const auto job = bobbin::bind(estimate, 10'000);
    const auto jobs = std::views::iota(0, 10'000);
    estimates res = bobbin::sync_wait(pool, pool.map(job, jobs));
    // to here
    nb.res = std::move(res);
}

constexpr std::array cells = {
    cell{.name = "In41",
         .since = "In41",
         .title = "mp.Pool: 10 jobs of 10,000,000",
         .shows = "Python has a second kind of pool, for many small jobs; here there is one for "
                  "both. (Threads, for processes.)",
         .notebook_seconds = 1.44,
         .run = in41,
         .look = ten_estimates},
    cell{.name = "In42",
         .since = "In42",
         .title = "The estimates of In41",
         .shows = "Ten different ones; again the notebook's ten rows hold three.",
         .of = "In41",
         .run = show,
         .look = ten_estimates_shown},
    cell{.name = "In43",
         .since = "In43",
         .title = "mp.Pool: 10,000 jobs of 10,000",
         .shows = "Small jobs and no chunk size: the pool measures how long jobs take, and hands "
                  "out as many at a time as pays. (Threads, for processes.)",
         .notebook_seconds = 1.24,
         .run = in43,
         .look = many_estimates},
    cell{.name = "In45",
         .since = "In45",
         .title = "The estimates of In43",
         .shows = "The first and the last of 10,000.",
         .of = "In43",
         .run = show,
         .look = many_estimates_shown},
};

}  // namespace

std::span<const cell> mp_pool_cells() {
    return cells;
}

}  // namespace tour
