// Cutting a range into parts, as numpy.array_split does.
#pragma once

#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 {

// `parts` vectors which, one after the other, are the range; lengths differ by at most one, and the
// longer come first. Parts may be empty. They own their elements, so that they can cross to another
// process. Throws std::invalid_argument for 0 parts, and what copying an element throws.
template <std::ranges::forward_range Range>
auto split(Range&& range, std::size_t parts) {
    if (parts == 0) throw std::invalid_argument("bobbin::split: parts must be at least 1");
    using element = std::ranges::range_value_t<Range>;
    const auto count = static_cast<std::size_t>(std::ranges::distance(range));
    std::vector<std::vector<element>> result(parts);
    auto at = std::ranges::begin(range);
    for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t length = count / parts + (i < count % parts ? 1 : 0);
        result[i].reserve(length);
        for (std::size_t left = length; left > 0; --left, ++at) result[i].push_back(*at);
    }
    return result;
}

}}  // namespace bobbin::v0
