// oneTBB: task_group, the last child on the spot. parallel_invoke is no faster.
#include "job_list.hpp"
#include "peers.hpp"
#include "pi_job.hpp"
#include "serial.hpp"

#include <array>
#include <numeric>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <vector>

namespace bench::peers {
namespace {

namespace tbb = oneapi::tbb;

std::uint64_t fib(int n) {
    if (n < 2) {
        return static_cast<std::uint64_t>(n);
    }
    std::uint64_t a = 0;
    tbb::task_group group;
    group.run([&a, n] { a = fib(n - 1); });
    const std::uint64_t b = fib(n - 2);
    group.wait();
    return a + b;
}

std::uint64_t skynet(std::uint64_t first, int depth) {
    if (depth == 0) {
        return first;
    }
    const std::uint64_t stride = skynet_leaves(depth - 1);
    std::array<std::uint64_t, skynet_children> sums{};
    tbb::task_group group;
    for (unsigned i = 1; i < skynet_children; ++i) {
        group.run(
            [&sums, first, stride, depth, i] { sums[i] = skynet(first + i * stride, depth - 1); });
    }
    sums[0] = skynet(first, depth - 1);
    group.wait();
    return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

std::uint64_t all_jobs(const pi_work& work) {
    std::vector<std::uint64_t> hits(work.jobs);
    tbb::parallel_for(std::uint64_t{0}, work.jobs,
                      [&](std::uint64_t i) { hits[i] = pi_job(work, i); });
    return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
}

// oneTBB's threads outlive the run; the calling thread is one of the workers.
template <class Work>
run_result in_arena(unsigned workers, Work work) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);
    tbb::task_arena arena(static_cast<int>(workers));
    arena.initialize();
    return timed([&] { return arena.execute(work); });
}

}  // namespace

run_result tbb_fib(unsigned workers, int n) {
    return in_arena(workers, [n] { return fib(n); });
}

run_result tbb_skynet(unsigned workers, int depth) {
    return in_arena(workers, [depth] { return skynet(0, depth); });
}

run_result tbb_pi(unsigned workers, const pi_work& work) {
    return in_arena(workers, [&work] { return all_jobs(work); });
}

run_result tbb_for_jobs(unsigned workers, const job_list& jobs) {
    return with_job(jobs, [&](auto job) {
        return in_arena(workers, [&] {
            std::vector<std::uint64_t> values(jobs.count);
            tbb::parallel_for(std::uint64_t{0}, jobs.count,
                              [&](std::uint64_t i) { values[i] = job(i); });
            return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
        });
    });
}

run_result tbb_group_jobs(unsigned workers, const job_list& jobs) {
    return with_job(jobs, [&](auto job) {
        return in_arena(workers, [&] {
            std::vector<std::uint64_t> values(jobs.count);
            tbb::task_group group;
            for (std::uint64_t i = 0; i < jobs.count; ++i) {
                group.run([&values, job, i] { values[i] = job(i); });
            }
            group.wait();
            return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
        });
    });
}

}  // namespace bench::peers
