// Jobs of a given length, handed out in each runtime's ways: what handing one out costs, and what
// is lost where their lengths differ.
#include "../harness/suite.hpp"
#include "../peers/peers.hpp"
#include "../peers/python.hpp"
#include "job_mixes.hpp"

#include <fmt/format.h>

namespace bench {
namespace {

using peers::job_list;

constexpr std::uint64_t few = 500;

std::vector<job_peer> peers_for(const job_mix& mix) {
    const bool no_ops = mix.what == job_list::kind::no_op;
    const auto map = [](std::size_t chunk) {
        return [chunk](unsigned workers, const job_list& jobs) {
            return peers::bobbin_map(workers, jobs, chunk);
        };
    };
    std::vector<job_peer> all = {{"limit", peers::threads_jobs}, {"bobbin", map(0)}};
    for (const std::size_t chunk : mix.chunks) {
        all.push_back({fmt::format("bobbin chunk {}", chunk), map(chunk)});
    }
    all.push_back({"bobbin unordered", peers::bobbin_map_unordered});
    all.push_back({"bobbin submit", peers::bobbin_submit});
    all.push_back({"oneTBB for", peers::tbb_for_jobs});
    all.push_back({"oneTBB group", peers::tbb_group_jobs});
    all.push_back({"asio callbacks", peers::asio_callbacks_jobs, no_ops ? 200'000U : 0U});
    all.push_back({"std::async", peers::std_async_jobs, few});
    if (no_ops && peers::has_python()) {
        all.push_back({"Python threads", peers::python_threads, 20 * few});
        all.push_back({"Python processes", peers::python_processes, 4 * few});
    }
    return all;
}

}  // namespace

suite dispatch_suite(const suite_size& size) {
    suite suite{.name = "dispatch",
                .title = "Dispatch: jobs of one length, or mixed, handed out",
                .task_name = "job",
                .limit = "limit",
                .tuned = "bobbin chunk "};
    const double steps_per_us = peers::steps_per_microsecond();
    for (const job_mix& mix : all_job_mixes()) {
        for (const unsigned workers : {1U, size.workers}) {
            add_job_peers(suite, mix, size.quick ? mix.quick : mix.full, steps_per_us, workers,
                          peers_for(mix));
        }
    }
    suite.notes = {
        "limit: plain threads that draw job numbers from one atomic. bobbin: map with automatic "
        "chunks, called by a task of the pool; chunk N: with N jobs a chunk; unordered: "
        "map_unordered, read to its end; submit: all jobs are kept, then awaited in turn. Timed "
        "on threads that are already there, from the call to the sum of all results.",
        "mixed: 99 % of 1 us, 1 % of 1 ms, shuffled by a fixed seed. pi: 10,000 samples a job. A "
        "job is a loop of arithmetic, whose length was calibrated once before the rounds: " +
            fmt::format("{:.0f}", steps_per_us) + " steps a us.",
        "asio callbacks are posted by a thread of the pool. std::async starts a thread a job, does "
        "at most 500 of them, and gets as many CPUs as the column has workers.",
    };
    if (peers::has_python()) {
        suite.notes.emplace_back(
            "Python: map of a no-op over 10,000 (ThreadPoolExecutor) and 2,000 jobs "
            "(ProcessPoolExecutor), timed by itself; its memory is not counted.");
    }
    return suite;
}

}  // namespace bench
