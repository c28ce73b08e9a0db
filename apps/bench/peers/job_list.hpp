// The jobs of the dispatch suite: a list of work to hand out, the same for all runtimes.
#pragma once

#include "../harness/run.hpp"
#include "pi_job.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace bench::peers {

// A chain of arithmetic, `steps` long, that no compiler can shorten. It reads no clock: that would
// cost more than handing the job out.
std::uint64_t compute(std::uint64_t steps, std::uint64_t seed);

// How many steps of `compute` take a microsecond here, at this time.
double steps_per_microsecond();

// What there is to do. Every kind has jobs with the indices 0 to count - 1, which return numbers;
// a run's value is their sum.
struct job_list {
    enum class kind : std::uint8_t { no_op, busy, pi };
    kind what = kind::no_op;
    std::uint64_t count = 0;
    std::uint64_t pi_samples = 0;                             // pi: of each
    std::shared_ptr<const std::vector<std::uint32_t>> steps;  // busy: of each
};

struct no_op_job {
    std::uint64_t operator()(std::uint64_t index) const { return index; }
};

struct busy_job {
    const std::uint32_t* steps;
    std::uint64_t operator()(std::uint64_t index) const { return compute(steps[index], index); }
};

struct sampling_job {
    pi_work work;
    std::uint64_t operator()(std::uint64_t index) const { return pi_job(work, index); }
};

// Returns `use(job)` with the function of these jobs: each kind is compiled by itself, so that a
// no-op costs nothing but its dispatch.
template <class Use>
auto with_job(const job_list& jobs, Use use) {
    switch (jobs.what) {
        case job_list::kind::busy:
            return use(busy_job{jobs.steps->data()});
        case job_list::kind::pi:
            return use(sampling_job{{jobs.count, jobs.pi_samples}});
        case job_list::kind::no_op:
            break;
    }
    return use(no_op_job{});
}

// The right value.
std::uint64_t sum_of(const job_list& jobs);

}  // namespace bench::peers
