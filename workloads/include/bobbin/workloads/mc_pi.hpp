// Monte-Carlo pi: the share of random points of a square that lie inside its circle, times 4.
//
// A job is `samples` points from the random streams of (seed, job): its result depends on these
// three numbers and on the kernel alone, bit for bit, wherever and beside whatever it runs.
#pragma once

#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/mc_pi_isa.hpp>

#include <cstdint>

namespace bobbin { inline namespace v0 {

// How the points are drawn and counted. The two kernels draw different points, so their results
// differ as those of two seeds do.
enum class mc_pi_kernel {
    scalar,  // one stream, one point at a time: mc_pi_scalar.hpp, the one to read
    fast,    // 32 streams side by side, several times as fast: the one to use
};

// How many of the points of the job lie inside the circle; 0 of 0.
//
// `isa` says for which instruction set the fast kernel is compiled; all give the same count.
// Throws std::invalid_argument if this machine lacks it. Any thread may call it; it takes about
// 1 ns a sample (fast, AVX2, a core of 2 GHz), less with AVX-512, and is not interrupted.
std::uint64_t mc_pi_hits(std::uint64_t samples, std::uint64_t seed, std::uint64_t job,
                         mc_pi_kernel kernel = mc_pi_kernel::fast,
                         mc_pi_isa isa = mc_pi_isa::fastest);

// The job's estimate of pi: 4 * hits / samples. Its standard error is 1.64 / sqrt(samples).
//
// Throws std::invalid_argument for no samples, and as mc_pi_hits does.
double mc_pi(std::uint64_t samples, std::uint64_t seed, std::uint64_t job,
             mc_pi_kernel kernel = mc_pi_kernel::fast, mc_pi_isa isa = mc_pi_isa::fastest);

// mc_pi as a task, which throws what mc_pi throws. A stop request does not interrupt it.
task<double> mc_pi_task(std::uint64_t samples, std::uint64_t seed, std::uint64_t job,
                        mc_pi_kernel kernel = mc_pi_kernel::fast,
                        mc_pi_isa isa = mc_pi_isa::fastest);

}}  // namespace bobbin::v0
