// Numbers as people and as programs read them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace apps {

/// "[3.14,3]": a JSON array of finite numbers, each with as many digits as its exact value needs.
std::string json_array(std::span<const double> values);

/// As numpy shows an array: five to a line, 8 decimals; of many, only the first and the last ten.
std::string array_text(std::span<const double> values);

/// "10,000,000"
std::string grouped(std::uint64_t number);

}  // namespace apps
