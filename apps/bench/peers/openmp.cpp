// OpenMP: tasks, and a loop for pi. The only file that is compiled with OpenMP.
#include "peers.hpp"
#include "pi_job.hpp"
#include "serial.hpp"

#include <array>
#include <numeric>
#include <omp.h>
#include <vector>

namespace bench::peers {
namespace {

std::uint64_t fib(int n) {
    if (n < 2) {
        return static_cast<std::uint64_t>(n);
    }
    std::uint64_t a = 0;
#pragma omp task shared(a) firstprivate(n)
    a = fib(n - 1);
    const std::uint64_t b = fib(n - 2);
#pragma omp taskwait
    return a + b;
}

std::uint64_t skynet(std::uint64_t first, int depth) {
    if (depth == 0) {
        return first;
    }
    const std::uint64_t stride = skynet_leaves(depth - 1);
    std::array<std::uint64_t, skynet_children> sums{};
    for (unsigned i = 1; i < skynet_children; ++i) {
#pragma omp task shared(sums) firstprivate(first, stride, depth, i)
        sums[i] = skynet(first + i * stride, depth - 1);
    }
    sums[0] = skynet(first, depth - 1);
#pragma omp taskwait
    return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

// The team is up before the clock starts and gone when the run is over: it would spin on for
// milliseconds, at the next runtime's cost.
template <class Work>
run_result in_team(unsigned workers, Work work) {
    const int threads = static_cast<int>(workers);
#pragma omp parallel num_threads(threads)
    {}
    const run_result result = timed([&] {
        std::uint64_t value = 0;
#pragma omp parallel num_threads(threads)
#pragma omp single
        value = work();
        return value;
    });
    omp_pause_resource_all(omp_pause_soft);
    return result;
}

}  // namespace

run_result openmp_fib(unsigned workers, int n) {
    return in_team(workers, [n] { return fib(n); });
}

run_result openmp_skynet(unsigned workers, int depth) {
    return in_team(workers, [depth] { return skynet(0, depth); });
}

run_result openmp_pi(unsigned workers, const pi_work& work) {
    const int threads = static_cast<int>(workers);
    std::vector<std::uint64_t> hits(work.jobs);
    const run_result result = timed([&] {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (std::uint64_t i = 0; i < work.jobs; ++i) {
            hits[i] = pi_job(work, i);
        }
        return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
    });
    omp_pause_resource_all(omp_pause_soft);
    return result;
}

}  // namespace bench::peers
