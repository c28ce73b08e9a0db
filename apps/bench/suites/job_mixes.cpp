// See job_mixes.hpp.
#include "job_mixes.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <utility>

namespace bench {

using peers::job_list;

const std::vector<job_mix>& all_job_mixes() {
    using enum job_list::kind;
    static const std::vector<job_mix> all = {
        {"1 us", 200'000, 500, busy, 1, 0, {1, 10, 100, 1000}},
        {"100 us", 1'000, 20, busy, 100, 0, {1, 10, 100, 1000}},
        {"10 ms", 20, 4, busy, 10'000, 0, {1, 10}},
        {"mixed", 10'000, 200, busy, 1, 1'000, {1, 10, 100, 1000}},
        {"pi", 10'000, 200, pi, 0, 0, {1}},
        {"no-op", 1'000'000, 10'000, no_op, 0, 0, {1}},
    };
    return all;
}

job_list make_jobs(const job_mix& mix, std::uint64_t count, double steps_per_us) {
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

namespace {

// Summed up once for all who run the same list.
using known_sum = std::shared_ptr<std::optional<std::uint64_t>>;

std::function<std::uint64_t()> expected_of(const job_peer& peer, const job_list& jobs,
                                           const known_sum& known) {
    if (peer.counts_jobs) {
        return [count = jobs.count] { return count; };
    }
    return [jobs, known] {
        if (!*known) {
            *known = peers::sum_of(jobs);
        }
        return **known;
    };
}

}  // namespace

void add_job_peers(suite& suite, const job_mix& mix, std::uint64_t count, double steps_per_us,
                   unsigned workers, const std::vector<job_peer>& peers, const std::string& name) {
    const job_list all = make_jobs(mix, count, steps_per_us);
    const auto sum_of_all = std::make_shared<std::optional<std::uint64_t>>();
    for (const job_peer& peer : peers) {
        const bool does_all = peer.most_jobs == 0 || peer.most_jobs >= count;
        const job_list jobs = does_all ? all : make_jobs(mix, peer.most_jobs, steps_per_us);
        const known_sum known =
            does_all ? sum_of_all : std::make_shared<std::optional<std::uint64_t>>();
        suite.contenders.push_back(
            {.runtime = peer.name,
             .work = name.empty() ? mix.name : name,
             .workers = workers,
             .tasks = jobs.count,
             .expected = expected_of(peer, jobs, known),
             .run = [run = peer.run, workers, jobs] { return run(workers, jobs); },
             .fresh = peer.fresh});
    }
}

}  // namespace bench
