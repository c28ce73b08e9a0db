// Monte-Carlo pi, which most cells compute, and what its estimates must be.
#pragma once

#include "cell.hpp"

#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/mc_pi.hpp>

#include <cstdint>
#include <ranges>
#include <vector>

namespace tour {

// shown by In5
inline constexpr std::uint64_t seed = 12;
using estimates = std::vector<double>;
// to here

// shown by In7
inline double mc_pi(std::uint64_t samples, std::uint64_t job) {
    return bobbin::mc_pi(samples, seed, job);  // has its own stream
}
// to here

// shown by In10
// What a pool takes: a function of plain values, as an object, which can
// cross to another process.
inline constexpr bobbin::fn<&mc_pi> estimate;

bobbin::task<estimates> ten_jobs(bobbin::pool auto& pool) {
    const auto job = bobbin::bind(estimate, 10'000'000);
    co_return co_await pool.map(job, std::views::iota(0, 10));
}
// to here

// Ten jobs of 10,000,000 samples: `notebook.res` must be what a plain loop computes, bit for bit,
// and within 5 standard errors of pi. The verdict is told in words, or as the notebook does.
verdict ten_estimates(const notebook& notebook);
verdict ten_estimates_shown(const notebook& notebook);

// The same of 10,000 jobs of 10,000 samples.
verdict many_estimates(const notebook& notebook);
verdict many_estimates_shown(const notebook& notebook);

// The same of ten jobs of 100,000 samples with the readable kernel.
verdict vanilla_estimates(const notebook& notebook);

// What the cells that show `res` do.
void show(notebook& notebook);

}  // namespace tour
