// Peak memory of one run. The peak of the process that measures everything would be the peak of its
// greediest contender, so each one runs once more in a fresh process.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace bench {

// Fills peak_rss_mib and stack_bytes of `rows`, which are in the order of `suite.contenders`.
// `arguments`: see run_freshly.
void measure_peaks(const suite& suite, const std::vector<std::string>& arguments,
                   std::vector<row>& rows);

}  // namespace bench
