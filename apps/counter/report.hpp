#pragma once

#include "counting.hpp"

#include <string>
#include <vector>

namespace counter {

std::string as_text(const settings& settings, const std::vector<result>& results);

// One JSON list, with a newline at the end.
std::string as_json(const settings& settings, const std::vector<result>& results);

}  // namespace counter
