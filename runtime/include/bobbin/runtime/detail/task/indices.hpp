// Counting over integers of any type without overflow.
#pragma once

#include <concepts>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

// How many there are in [first, last), first <= last.
template <std::integral Index>
constexpr std::uint64_t distance(Index first, Index last) noexcept {
    return static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
}

template <std::integral Index>
constexpr Index advanced(Index from, std::uint64_t by) noexcept {
    return static_cast<Index>(static_cast<std::uint64_t>(from) + by);
}

}}}  // namespace bobbin::v0::detail
