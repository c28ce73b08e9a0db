#include "computation.hpp"

#include "run_on.hpp"
#include "stopwatch.hpp"

#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/mc_pi.hpp>

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
constexpr bobbin::fn<&estimate> estimate_of;

bobbin::task<std::vector<double>> estimates(bobbin::pool auto& pool, const settings& settings,
                                            apps::progress_bar& bar) {
    const kind_of_job kind{settings.samples, settings.seed, settings.kernel, settings.isa};
    const auto job = bobbin::bind(estimate_of, kind);
    const auto jobs = std::views::iota(std::uint64_t{0}, settings.jobs);
    std::vector<double> all(settings.jobs);
    auto results = pool.map_unordered(
        job, jobs, {.chunk_size = settings.chunk, .window = settings.jobs});  // all that we keep
    while (const auto each = co_await results.next()) {
        all[each->index] = each->value();
        bar.advance();
    }
    co_return all;
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
