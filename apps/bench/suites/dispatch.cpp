// Jobs of a given length, handed out in each runtime's ways: what handing one out costs, and what
// is lost where their lengths differ.
#include "../harness/suite.hpp"
#include "../peers/job_list.hpp"
#include "../peers/peers.hpp"
#include "../peers/python.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <random>
#include <utility>

namespace bench {
namespace {

using peers::job_list;

// The jobs of a work, for a number of them.
struct mix {
    std::string name;
    std::uint64_t full = 0;
    std::uint64_t quick = 0;
    job_list::kind what = job_list::kind::no_op;
    double usual_us = 0;
    double long_us = 0;  // of one in a hundred, shuffled; 0: all are alike
    std::vector<std::size_t> chunks = {};
};

const std::vector<mix>& all_mixes() {
    using enum job_list::kind;
    static const std::vector<mix> all = {
        {"1 us", 200'000, 500, busy, 1, 0, {1, 10, 100, 1000}},
        {"100 us", 1'000, 20, busy, 100, 0, {1, 10, 100, 1000}},
        {"10 ms", 20, 4, busy, 10'000, 0, {1, 10}},
        {"mixed", 10'000, 200, busy, 1, 1'000, {1, 10, 100, 1000}},
        {"pi", 10'000, 200, pi, 0, 0, {1}},
        {"no-op", 1'000'000, 10'000, no_op, 0, 0, {1}},
    };
    return all;
}

job_list make_jobs(const mix& mix, std::uint64_t count, double steps_per_us) {
    job_list jobs{.what = mix.what, .count = count, .pi_samples = 10'000, .steps = nullptr};
    const auto steps = [&](double us) {
        return static_cast<std::uint32_t>(std::lround(us * steps_per_us));
    };
    std::vector<std::uint32_t> each(mix.what == job_list::kind::busy ? count : 0,
                                    steps(mix.usual_us));
    if (mix.long_us > 0) {
        std::fill_n(each.begin(), std::max<std::size_t>(count / 100, 1), steps(mix.long_us));
        // By hand: std::shuffle is another one in every library.
        std::mt19937_64 random(1);
        for (std::size_t i = each.size(); i > 1; --i) {
            std::swap(each[i - 1], each[random() % i]);
        }
    }
    jobs.steps = std::make_shared<const std::vector<std::uint32_t>>(std::move(each));
    return jobs;
}

struct peer {
    std::string name;
    std::function<run_result(unsigned workers, const job_list& jobs)> run;
    std::uint64_t most_jobs = 0;  // slow ones do only that many, of a list of their own; 0: all
};

constexpr std::uint64_t few = 500;

std::vector<peer> peers_for(const mix& mix) {
    const bool no_ops = mix.what == job_list::kind::no_op;
    const auto map = [](std::size_t chunk) {
        return [chunk](unsigned workers, const job_list& jobs) {
            return peers::bobbin_map(workers, jobs, chunk);
        };
    };
    std::vector<peer> all = {{"limit", peers::threads_jobs}, {"bobbin", map(0)}};
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

// Summed up once for all who run the same list.
using known_sum = std::shared_ptr<std::optional<std::uint64_t>>;

contender make(const peer& peer, const std::string& work, unsigned workers, const job_list& jobs,
               const known_sum& known) {
    return {.runtime = peer.name,
            .work = work,
            .workers = workers,
            .tasks = jobs.count,
            .expected =
                [jobs, known] {
                    if (!*known) {
                        *known = peers::sum_of(jobs);
                    }
                    return **known;
                },
            .run = [run = peer.run, workers, jobs] { return run(workers, jobs); }};
}

}  // namespace

suite dispatch_suite(const suite_size& size) {
    suite suite{.name = "dispatch",
                .title = "Dispatch: jobs of one length, or mixed, handed out",
                .task_name = "job",
                .limit = "limit",
                .tuned = "bobbin chunk "};
    const double steps_per_us = peers::steps_per_microsecond();
    for (const mix& mix : all_mixes()) {
        const std::uint64_t count = size.quick ? mix.quick : mix.full;
        const job_list all = make_jobs(mix, count, steps_per_us);
        const auto sum_of_all = std::make_shared<std::optional<std::uint64_t>>();
        for (const unsigned workers : {1U, size.workers}) {
            for (const peer& peer : peers_for(mix)) {
                if (peer.most_jobs == 0 || peer.most_jobs >= count) {
                    suite.contenders.push_back(make(peer, mix.name, workers, all, sum_of_all));
                    continue;
                }
                const job_list share = make_jobs(mix, peer.most_jobs, steps_per_us);
                suite.contenders.push_back(make(peer, mix.name, workers, share,
                                                std::make_shared<std::optional<std::uint64_t>>()));
            }
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
