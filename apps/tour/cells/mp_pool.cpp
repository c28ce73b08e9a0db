// In41-In45: multiprocessing.Pool.map.
#include "estimates.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <array>

namespace tour {
namespace {

void in41(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In41
    bobbin::ipc::process_pool pool(workers);
    estimates res = bobbin::sync_wait(ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

void in43(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In43
    bobbin::ipc::process_pool pool(workers);
    const auto job = bobbin::bind(estimate, 10'000);
    const auto jobs = std::views::iota(0, 10'000);
    estimates res = bobbin::sync_wait(pool.map(job, jobs));
    // to here
    nb.res = std::move(res);
}

constexpr std::array cells = {
    cell{.name = "In41",
         .since = "In41",
         .title = "mp.Pool: 10 jobs of 10,000,000",
         .shows = "Python has a second kind of pool, for many small jobs; here there is one for "
                  "both.",
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
                  "out as many at a time as pays.",
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
