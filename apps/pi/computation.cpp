// See computation.hpp.
#include "computation.hpp"

#include "run_on.hpp"
#include "stopwatch.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/mc_pi.hpp>

#include <concepts>
#include <cstdint>
#include <ranges>

namespace pi {
namespace {

// What all jobs are given.
struct kind_of_job {
    std::uint64_t samples;
    std::uint64_t seed;
    bobbin::mc_pi_kernel kernel;
    bobbin::mc_pi_isa isa;
};
double estimate(const kind_of_job& kind, std::uint64_t job) {
    return bobbin::mc_pi(kind.samples, kind.seed, job, kind.kernel, kind.isa);
}
double estimate_and_advance(const kind_of_job& kind, apps::progress_bar* bar, std::uint64_t job) {
    const double pi = estimate(kind, job);
    bar->advance();
    return pi;
}

// Jobs of this process advance the bar themselves, as the pool may hand on results late: whoever
// reads them waits for a worker that is free. Those of others can't, so that their results do.
template <class P>
inline constexpr bool in_other_processes = std::same_as<P, bobbin::ipc::process_pool>;

template <bobbin::pool P>
bobbin::task<std::vector<double>> estimates(P& pool, const settings& settings,
                                            apps::progress_bar& bar) {
    const kind_of_job kind{settings.samples, settings.seed, settings.kernel, settings.isa};
    const auto jobs = std::views::iota(std::uint64_t{0}, settings.jobs);
    const bobbin::map_options options{.chunk_size = settings.chunk, .window = settings.jobs};
    if constexpr (in_other_processes<P>) {
        const auto job = bobbin::bind(bobbin::fn<&estimate>(), kind);
        std::vector<double> all(settings.jobs);
        auto results = pool.map_unordered(job, jobs, options);
        while (const auto each = co_await results.next()) {
            all[each->index] = each->value();
            bar.advance();
        }
        co_return all;
    } else {
        const auto job = bobbin::bind(bobbin::fn<&estimate_and_advance>(), kind, &bar);
        co_return co_await pool.map(job, jobs, options);
    }
}

}  // namespace

result compute(const settings& settings, apps::progress_bar& bar) {
    const apps::stopwatch watch;
    result result;
    result.estimates = apps::run_on(settings.pool, "pi",
                                    [&](auto& pool) { return estimates(pool, settings, bar); });
    result.seconds = watch.seconds();
    result.cpu_seconds = watch.cpu_seconds();
    return result;
}

}  // namespace pi
