// In27-In37: ThreadPoolExecutor.
#include "estimates.hpp"

#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <array>

namespace tour {
namespace {

void in27(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In27
    bobbin::thread_pool pool({.threads = workers});
    estimates res = bobbin::sync_wait(pool, ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

void in34(notebook& nb) {
    // shown by In34
    bobbin::sequential_pool pool;
    estimates res = bobbin::sync_wait(ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

void in36(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In36
    bobbin::thread_pool pool({.threads = workers});
    estimates res = bobbin::sync_wait(pool, ten_jobs(pool));
    // to here
    nb.res = std::move(res);
}

constexpr std::array cells = {
    cell{.name = "In27",
         .since = "In27",
         .title = "Threads: 10 jobs of 10,000,000",
         .shows = "Python's threads take turns, as one lock guards the interpreter; so they gain "
                  "nothing. Threads of C++ run at the same time.",
         .notebook_seconds = 4.32,
         .run = in27,
         .look = ten_estimates},
    cell{.name = "In28",
         .since = "In28",
         .title = "The estimates of In27",
         .shows = "In the order of the jobs, whichever thread ran them.",
         .of = "In27",
         .run = show,
         .look = ten_estimates_shown},
    cell{.name = "In34",
         .since = "In33",
         .title = "Without that lock, one after another",
         .shows = "The notebook turns the lock off, and first measures without threads.",
         .notebook_seconds = 4.08,
         .run = in34,
         .look = ten_estimates},
    cell{.name = "In35",
         .since = "In35",
         .title = "The estimates of In34",
         .shows = "The same again.",
         .of = "In34",
         .run = show,
         .look = ten_estimates_shown},
    cell{.name = "In36",
         .since = "In36",
         .title = "Without that lock, on threads",
         .shows = "\"We finally get the linear speedup\", the notebook says, and takes three times "
                  "as long as without threads: the C library's rand() has a lock of its own. With "
                  "a stream for each job, nothing is shared.",
         .notebook_seconds = 13.4,
         .run = in36,
         .look = ten_estimates},
    cell{.name = "In37",
         .since = "In37",
         .title = "The estimates of In36",
         .shows = "And the same once more, from as many threads as there are.",
         .of = "In36",
         .run = show,
         .look = ten_estimates_shown},
};

}  // namespace

std::span<const cell> thread_cells() {
    return cells;
}

}  // namespace tour
