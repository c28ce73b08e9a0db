#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace bench {

// {"suite","rows":[{"runtime","work","workers","seconds","ns_per_task","peak_rss_mib"}…]}, the
// same shape for every suite, with a newline at the end.
std::string to_json(const suite& suite, const std::vector<row>& rows);

}  // namespace bench
