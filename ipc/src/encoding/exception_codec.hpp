// Exceptions as bytes, for another process of the same program.
//
//   byte                        how many follow: the exception and those nested in it
//   for each, innermost first:
//     byte                      which known type it has (known_exceptions.cpp); 0 is remote_error
//     its form                  exception_forms.hpp
#pragma once

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/encoder.hpp>

#include <cstddef>
#include <exception>

namespace bobbin { inline namespace v0 { namespace ipc {

// Of a longer chain the innermost are left out.
inline constexpr std::size_t most_nested_exceptions = 16;

// Any exception, but not none. Throws nothing but std::bad_alloc.
void encode_exception(encoder& to, const std::exception_ptr& error);

// An exception of the same type if that is one that bobbin knows, else a remote_error. Throws
// protocol_error if the bytes are no exception, and std::bad_alloc.
std::exception_ptr decode_exception(decoder& from);

}}}  // namespace bobbin::v0::ipc
