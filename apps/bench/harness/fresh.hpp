// Runs of a contender in a fresh execution of this program, which does that one run and nothing
// else: for its memory, and for what a process that has done other things before would do slower.
#pragma once

#include "suite.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

struct fresh_run {
    run_result result;
    std::size_t peak_rss_kib = 0;
};

// `arguments` are those that make this program build the same suite again. Throws
// std::runtime_error if the process fails.
fresh_run run_freshly(std::vector<std::string> arguments, std::size_t index,
                      bool for_stack = false);

// Makes the contenders that ask for it run freshly.
void make_fresh(suite& suite, const std::vector<std::string>& arguments);

// The other side: runs contender number `index` of `suite` and prints the figures. Returns the
// exit code.
int run_as_child(const suite& suite, std::size_t index, bool for_stack);

}  // namespace bench
