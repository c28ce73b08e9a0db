// Numbers as people read them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace apps {

// As numpy shows an array: five to a line, 8 decimals; of many, only the first and the last ten.
std::string array_text(std::span<const double> values);

// "10,000,000"
std::string grouped(std::uint64_t number);

}  // namespace apps
