#pragma once

#include "exchange.hpp"

#include <string>

namespace queue {

std::string as_text(const settings& settings, const result& result);

// One JSON object, with a newline at the end.
std::string as_json(const settings& settings, const result& result);

}  // namespace queue
