// Random streams keyed by (seed, job, lane), so that the result of a job depends on nothing else:
// not on the number of workers, the order of the jobs or the place where they run.
#pragma once

#include <bobbin/workloads/xoshiro256plus.hpp>

#include <cstdint>

namespace bobbin { inline namespace v0 {

// Streams of one job: a workload that draws from several at once gives each of them a lane.
inline constexpr std::uint64_t lanes_per_job = 32;

// A step of splitmix64's counter; odd, so that 2^64 steps pass 2^64 different counts.
inline constexpr std::uint64_t splitmix64_step = 0x9e3779b97f4a7c15;

// The output of splitmix64 (Sebastiano Vigna, in the public domain, after Steele, Lea and Flood,
// "Fast splittable pseudorandom number generators", OOPSLA 2014) at a value of its counter. A
// bijection: different counts give different outputs.
constexpr std::uint64_t splitmix64(std::uint64_t count) {
    count = (count ^ (count >> 30)) * 0xbf58476d1ce4e5b9;
    count = (count ^ (count >> 27)) * 0x94d049bb133111eb;
    return count ^ (count >> 31);
}

// Where the outputs for a job begin in the splitmix64 sequence of its seed: the sequence starts at
// a hash of the seed, and the jobs take blocks of 4 * lanes_per_job = 128 outputs, one after the
// other.
constexpr std::uint64_t stream_origin(std::uint64_t seed, std::uint64_t job) {
    return splitmix64(seed + splitmix64_step) + job * 4 * lanes_per_job * splitmix64_step;
}

// The stream of a lane of a job: xoshiro256+ from four successive outputs of the job's block.
//
// Streams of one seed differ in every word of their first state for all jobs below 2^57, by
// construction; those of different seeds differ as hashes do. `lane` must be below lanes_per_job.
// Any thread may call it.
constexpr xoshiro256plus random_stream(std::uint64_t seed, std::uint64_t job,
                                       std::uint64_t lane = 0) {
    const std::uint64_t origin = stream_origin(seed, job) + 4 * lane * splitmix64_step;
    return {splitmix64(origin + 1 * splitmix64_step), splitmix64(origin + 2 * splitmix64_step),
            splitmix64(origin + 3 * splitmix64_step), splitmix64(origin + 4 * splitmix64_step)};
}

}}  // namespace bobbin::v0
