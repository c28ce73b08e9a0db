// A ring of bytes, whose size is a power of two. Positions only grow: their remainder is the place,
// so what begins near the ring's end goes on at its start.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The bytes from a position on, in order; the second part is mostly empty.
template <class Byte, std::size_t extent>
std::array<std::span<Byte>, 2> wrapped(std::span<Byte, extent> ring, std::uint64_t at,
                                       std::size_t size) noexcept {
    assert(std::has_single_bit(ring.size()) && size <= ring.size());
    const std::size_t offset = at & (ring.size() - 1);
    const std::size_t first = std::min(size, ring.size() - offset);
    return {ring.subspan(offset, first), ring.first(size - first)};
}

template <std::size_t extent>
void write_wrapped(std::span<std::byte, extent> ring, std::uint64_t at,
                   std::span<const std::byte> from) noexcept {
    const auto [first, second] = wrapped(ring, at, from.size());
    if (!first.empty()) std::memcpy(first.data(), from.data(), first.size());
    if (!second.empty()) std::memcpy(second.data(), from.data() + first.size(), second.size());
}

template <std::size_t extent>
void read_wrapped(std::span<const std::byte, extent> ring, std::uint64_t at,
                  std::span<std::byte> to) noexcept {
    const auto [first, second] = wrapped(ring, at, to.size());
    if (!first.empty()) std::memcpy(to.data(), first.data(), first.size());
    if (!second.empty()) std::memcpy(to.data() + first.size(), second.data(), second.size());
}

}}}  // namespace bobbin::v0::ipc::detail
