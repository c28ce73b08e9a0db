// Interleaved rounds: every contender runs once in each round, so that a machine that changes its
// mind (a neighbour, a clock) changes it for all of them.
#pragma once

#include "suite.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

// One line of the report. The vectors hold one entry per round, in order, so that two rows can be
// compared pair by pair.
struct row {
    std::string runtime;
    std::string work;
    unsigned workers = 1;
    double seconds = 0;      // median
    double ns_per_task = 0;  // median
    double peak_rss_mib = 0;
    std::size_t stack_bytes = 0;
    std::size_t resident_bytes = 0;      // of a task
    std::vector<double> rounds_ns = {};  // ns per task of each round
};

// The middle of `values` (the mean of the two middle ones if even in number), 0 if empty.
double median(std::vector<double> values);

// The median over the rounds of a's time a task divided by b's; 0 if either has no rounds.
double median_ratio(const row& a, const row& b);

// Runs a warm-up round, then `rounds` measured ones. Throws std::runtime_error when a run's value
// is not the expected one. Memory is left at 0: see peak.hpp.
std::vector<row> measure(const suite& suite, std::uint64_t rounds);

}  // namespace bench
