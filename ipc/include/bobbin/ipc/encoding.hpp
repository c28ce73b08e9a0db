// Values as bytes, for another process of the same program: how arguments and results travel.
//
// What can be encoded: what is bytewise (bytewise.hpp), the standard library's strings, containers,
// tuples, optionals, variants, unique_ptrs, times and the like, what has cereal-style functions
// (`template <class Archive> void serialize(Archive& archive) { archive(a, b); }`), and aggregates
// of these. Views, pointers that don't own, and shared_ptrs are errors of the compilation that say
// what to send instead.
//
// Decoding believes no byte: what is no encoding of the type that is asked for is a protocol_error.
// Memory is taken only for what the bytes can fill; see the README for how much that is.
#pragma once

#include <bobbin/ipc/bytewise.hpp>
#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/detail/encoding/dispatch.hpp>
#include <bobbin/ipc/encoder.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/pieces.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace detail {

template <class T>
inline constexpr bool contiguous_bytewise = false;
template <bytewise_type T, class Allocator>
inline constexpr bool contiguous_bytewise<std::vector<T, Allocator>> = true;
template <class Allocator>
inline constexpr bool contiguous_bytewise<std::vector<bool, Allocator>> = false;
template <class Char, class Traits, class Allocator>
inline constexpr bool contiguous_bytewise<std::basic_string<Char, Traits, Allocator>> = true;

}  // namespace detail

// Whether a T may be decoded right from memory that others write to: it is copied out of it as it
// is, with nothing in between. Of other types, copy the bytes first, as decoding takes time.
template <class T>
inline constexpr bool decodes_in_place = bytewise_type<T> || detail::contiguous_bytewise<T>;

// Throws std::length_error if the value is nested too deeply, and what the user's functions throw.
template <class T>
std::vector<std::byte> encode(const T& value) {
    writer to;
    if constexpr (detail::must_be_encodable<T>()) encoder(to).put(value);
    return std::move(to).take();
}

// The same bytes, without a copy of them if they are in the value already: if it is bytewise, or a
// string or vector of what is.
template <class T>
pieces encode_in_place(const T& value) {
    if constexpr (!detail::must_be_encodable<T>()) {
        return pieces(std::span<const std::byte>());
    } else if constexpr (bytewise_type<T>) {
        return pieces(std::as_bytes(std::span(std::addressof(value), 1)));
    } else if constexpr (detail::contiguous_bytewise<T>) {
        const std::uint64_t count = value.size();
        return pieces(std::as_bytes(std::span(value.data(), value.size())),
                      std::as_bytes(std::span(&count, 1)));
    } else {
        return pieces(encode(value));
    }
}
template <class T>
pieces encode_in_place(const T&& value) = delete;  // it would be gone

// The value that was encoded to the bytes, all of them. They may be in two parts, the second
// following the first. Throws protocol_error if they are no encoding of a T, and what the user's
// functions throw.
template <class T>
T decode(std::span<const std::byte> first, std::span<const std::byte> second = {}) {
    if constexpr (detail::must_be_encodable<T>()) {
        decoder from(reader(first, second));
        auto value = from.get<std::remove_cv_t<T>>();
        from.expect_end();
        return value;
    } else {
        __builtin_unreachable();  // it does not compile
    }
}

}}}  // namespace bobbin::v0::ipc
