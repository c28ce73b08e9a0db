#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace bench {

// The report for people: one block a work, the fastest first, at most 80 columns wide.
std::string to_table(const suite& suite, const std::vector<row>& rows);

// Three or four significant digits: "0.84", "12.03", "832.1", "59.50k", "3.01M".
std::string to_figure(double value);

// The suite's notes, wrapped.
std::string to_notes(const suite& suite);

}  // namespace bench
