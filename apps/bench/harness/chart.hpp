#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace bench {

// The report as an SVG picture: horizontal bars, one or two a runtime (one worker, many workers),
// grouped by work; logarithmic where the figures span more than two decades.
std::string to_svg(const suite& suite, const std::vector<row>& rows);

}  // namespace bench
