// How each type of the standard library is encoded. A codec<T> is defined for the types we know:
//
//     using parts = types<…>;              // what it is made of, and encodable if they are
//     static constexpr std::size_t least(); // bytes of the shortest encoding there is
//     static void put(encoder& to, const T& value);
//     static T get(decoder& from);
#pragma once

#include <bobbin/ipc/bytewise.hpp>
#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/detail/encoding/fields.hpp>
#include <bobbin/ipc/detail/encoding/user_functions.hpp>
#include <bobbin/ipc/encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class T>
struct codec;

template <class T>
concept standard_type = requires {
    typename codec<T>::parts;
};

// The least number of bytes that a T is encoded to. Never 0, so that a count of elements can be
// checked against the bytes that are left.
template <class T>
constexpr std::size_t least_bytes();

template <class... T>
constexpr std::size_t least_bytes(types<T...> /*of each*/) {
    return (std::size_t{0} + ... + least_bytes<std::remove_cv_t<T>>());
}

template <class T>
constexpr std::size_t least_bytes() {
    if constexpr (bytewise_type<T>) {
        return sizeof(T);
    } else if constexpr (standard_type<T>) {
        return std::max<std::size_t>(codec<T>::least(), 1);
    } else if constexpr (serialized_by_user<T>) {
        return 1;
    } else {
        return std::max<std::size_t>(least_bytes(fields<T>()), 1);
    }
}

inline constexpr std::size_t count_bytes = 8;
inline constexpr std::size_t flag_bytes = 1;

}}}  // namespace bobbin::v0::ipc::detail
