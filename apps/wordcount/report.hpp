#pragma once

#include "counting.hpp"
#include "settings.hpp"

#include <string>

namespace wordcount {

std::string as_text(const settings& settings, const result& result);

// One JSON object on one line.
std::string as_json(const settings& settings, const result& result);

}  // namespace wordcount
