// Peak memory of one run, taken in a process of its own.
//
// The peak of the process that measures everything would be the peak of its greediest contender.
// So each contender runs once more in a fresh execution of this program, which reports its own
// high-water mark. That is VmHWM of /proc/self/status and not wait4's ru_maxrss: Linux hands the
// latter down through fork and exec, so a child never reports less than its parent once used.
#pragma once

#include "measure.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// Fills peak_rss_mib and stack_bytes of `rows`, which are in the order of `suite.contenders`.
/// `arguments` are those that make this program build the same suite again. Throws
/// std::runtime_error when a child fails.
void measure_peaks(const suite& suite, const std::vector<std::string>& arguments,
                   std::vector<row>& rows);

/// The child's side: runs contender number `index` of `suite` and prints the figures for the
/// parent. Returns the exit code.
int run_as_child(const suite& suite, std::size_t index, bool for_stack);

}  // namespace bench
