#pragma once

#include "computation.hpp"
#include "settings.hpp"

#include <string>

namespace pi {

// The result for a person, with the notebook's time where it did the same work.
std::string as_text(const settings& settings, const result& result);

// The result for a program: one JSON object on one line.
std::string as_json(const settings& settings, const result& result);

}  // namespace pi
