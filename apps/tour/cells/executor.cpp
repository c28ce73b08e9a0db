// In12-In15: ProcessPoolExecutor.map.
#include "estimates.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <array>

namespace tour {
namespace {

void in12(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In12
    // ten_jobs as in In10
    bobbin::ipc::process_pool pool(workers);
    estimates res = bobbin::sync_wait(ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

// shown by In14
bobbin::task<estimates> many(bobbin::pool auto& pool, std::size_t chunk) {
    const auto job = bobbin::bind(estimate, 10'000);
    const auto jobs = std::views::iota(0, 10'000);
    co_return co_await pool.map(job, jobs, {.chunk_size = chunk});
}
// to here

void in14(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In14

    bobbin::ipc::process_pool pool(workers);
    estimates res = bobbin::sync_wait(many(pool, 1));
    // to here
    nb.res = std::move(res);
}

void in15(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In15
    bobbin::ipc::process_pool pool(workers);
    estimates res = bobbin::sync_wait(many(pool, 100));
    // to here
    nb.res = std::move(res);
}

constexpr std::array cells = {
    cell{.name = "In12",
         .since = "In12",
         .title = "Pool.map: 10 jobs of 10,000,000",
         .shows = "The task of In10 on worker processes: the pool is another, nothing else. The "
                  "workers are this program, started again by a server that forks them; they "
                  "are started and ended within the time.",
         .notebook_seconds = 1.5,
         .run = in12,
         .look = ten_estimates},
    cell{.name = "In13",
         .since = "In13",
         .title = "The estimates of In12",
         .shows = "Ten different ones. The notebook's ten rows hold three: its processes begin as "
                  "copies, with one random generator.",
         .of = "In12",
         .run = show,
         .look = ten_estimates_shown},
    cell{.name = "In14",
         .since = "In14",
         .title = "10,000 jobs of 10,000, one by one",
         .shows = "The same amount of work in small jobs, which each worker fetches one at a time. "
                  "That costs the notebook 2.7 s on top; here, less than a tenth of that.",
         .notebook_seconds = 4.2,
         .run = in14,
         .look = many_estimates},
    cell{.name = "In15",
         .since = "In15",
         .title = "10,000 jobs of 10,000, by hundreds",
         .shows = "Chunks of 100 save the notebook most of that. Here chunk_size is not needed for "
                  "speed: left out, it adapts to how long jobs take (In43).",
         .notebook_seconds = 1.32,
         .run = in15,
         .look = many_estimates},
};

}  // namespace

std::span<const cell> executor_cells() {
    return cells;
}

}  // namespace tour
