// Shared objects, as parts of arguments and results: what stands for their memory, which is sent
// along.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>
#include <bobbin/ipc/segment.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// shared_queue, shared_value, mutex…: one segment each.
template <class H>
concept handle = requires(const H& object, segment memory) {
    { object.memory() } -> std::convertible_to<const segment&>;
    H(std::move(memory));
};

namespace detail {

template <>
struct codec<segment> {
    using parts = types<>;
    static constexpr std::size_t least() { return 8; }

    static void put(encoder& to, const segment& memory) { to.put_segment(memory); }
    static segment get(decoder& from) { return from.get_segment(); }
};

template <handle H>
struct codec<H> {
    using parts = types<>;
    static constexpr std::size_t least() { return 8; }

    static void put(encoder& to, const H& object) { to.put_segment(object.memory()); }
    static H get(decoder& from) { return H(from.get_segment()); }
};

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
