#include "computation.hpp"

#include "stopwatch.hpp"

#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/workloads/mc_pi.hpp>

#include <cstdint>

namespace pi {
namespace {

// What the jobs share; outlives them.
struct work {
    const pi::settings& settings;
    std::vector<double>& estimates;
    apps::progress_bar& bar;
};

bobbin::task<void> run_job(work work, std::uint64_t job) {
    const settings& settings = work.settings;
    work.estimates[job] = co_await bobbin::mc_pi_task(settings.samples, settings.seed, job,
                                                      settings.kernel, settings.isa);
    work.bar.advance();
}

result compute_on_threads(const settings& settings, apps::progress_bar& bar) {
    const apps::stopwatch watch;
    bobbin::thread_pool pool({.threads = static_cast<unsigned>(settings.workers), .name = "pi"});
    result result;
    result.estimates.resize(settings.jobs);
    const work work{settings, result.estimates, bar};
    // A task for each job, made when a thread is free for it, so that memory stays small.
    bobbin::sync_wait(
        pool, bobbin::parallel_for(std::uint64_t{0}, settings.jobs,
                                   [work](std::uint64_t job) { return run_job(work, job); }));
    result.seconds = watch.seconds();
    result.cpu_seconds = watch.cpu_seconds();
    return result;
}

result compute_here(const settings& settings, apps::progress_bar& bar) {
    const apps::stopwatch watch;
    result result;
    result.estimates.reserve(settings.jobs);
    for (std::uint64_t job = 0; job < settings.jobs; ++job) {
        result.estimates.push_back(
            bobbin::mc_pi(settings.samples, settings.seed, job, settings.kernel, settings.isa));
        bar.advance();
    }
    result.seconds = watch.seconds();
    result.cpu_seconds = watch.cpu_seconds();
    return result;
}

}  // namespace

result compute(const settings& settings, apps::progress_bar& bar) {
    if (settings.place == place::threads) {
        return compute_on_threads(settings, bar);
    }
    return compute_here(settings, bar);
}

}  // namespace pi
