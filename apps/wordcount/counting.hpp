#pragma once

#include "settings.hpp"

#include <bobbin/workloads/word_count.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace wordcount {

struct result {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t words = 0;
    std::uint64_t distinct = 0;
    // The most frequent first, those that are as frequent in the order of their bytes.
    std::vector<std::pair<std::string, std::uint64_t>> top = {};
    double seconds = 0;  // from before the first look at a file
};

// Throws std::system_error that names the path and the reason if one can't be read.
result count(const settings& settings);

}  // namespace wordcount
