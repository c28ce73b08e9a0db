// See job_list.hpp.
#include "job_list.hpp"

#include <algorithm>
#include <limits>

namespace bench::peers {

// Not inlined: all runtimes run the same instructions.
[[gnu::noinline]] std::uint64_t compute(std::uint64_t steps, std::uint64_t seed) {
    std::uint64_t x = seed;
    for (std::uint64_t i = 0; i < steps; ++i) {
        x = x * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;  // Knuth's MMIX
    }
    // Has an effect as far as the compiler knows: no call is left out or moved out of the time.
    asm volatile("" : "+r"(x));
    return x;
}

double steps_per_microsecond() {
    constexpr std::uint64_t steps = 200'000;
    // The best of some: a neighbour can only make it slower.
    double best = std::numeric_limits<double>::max();
    for (std::uint64_t i = 0; i < 20; ++i) {
        const run_result run = timed([i] { return compute(steps, i); });
        best = std::min(best, run.seconds);
    }
    return static_cast<double>(steps) / (best * 1e6);
}

std::uint64_t sum_of(const job_list& jobs) {
    return with_job(jobs, [&](auto job) {
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i < jobs.count; ++i) {
            sum += job(i);
        }
        return sum;
    });
}

}  // namespace bench::peers
