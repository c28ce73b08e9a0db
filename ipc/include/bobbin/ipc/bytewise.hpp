// Which types are encoded by copying their bytes.
#pragma once

#include <bobbin/ipc/detail/encoding/fields.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace detail {

template <class T>
constexpr bool bytewise_by_shape();

}  // namespace detail

// Whether a copy of its bytes is a copy of the value, in this process and in another one. It is so
// for arithmetic types but long double, enums of a fixed type, std::byte, arrays of such, and
// aggregates of such without padding (which would be encoded as whatever memory held before).
// Pointers, references and views never are.
//
// Say so for a type of yours that is trivially copyable, holds nothing that means something in one
// process only, and is a value whatever its bytes are. Its padding, if it has any, travels too.
//
//     template <>
//     inline constexpr bool bobbin::ipc::bytewise<point> = true;
template <class T>
inline constexpr bool bytewise = detail::bytewise_by_shape<T>();

// Its padding is not seen by a walk.
template <>
inline constexpr bool bytewise<long double> = false;

template <class T, std::size_t size>
inline constexpr bool bytewise<std::array<T, size>> = bytewise<T>;

template <class T>
inline constexpr bool bytewise<std::array<T, 0>> = false;

template <class T>
inline constexpr bool bytewise<std::complex<T>> = bytewise<T>;

template <class Number, class Period>
inline constexpr bool bytewise<std::chrono::duration<Number, Period>> = bytewise<Number>;

template <class Clock, class Duration>
inline constexpr bool bytewise<std::chrono::time_point<Clock, Duration>> = bytewise<Duration>;

template <>
inline constexpr bool bytewise<std::chrono::day> = true;
template <>
inline constexpr bool bytewise<std::chrono::month> = true;
template <>
inline constexpr bool bytewise<std::chrono::year> = true;
template <>
inline constexpr bool bytewise<std::chrono::weekday> = true;
template <>
inline constexpr bool bytewise<std::chrono::month_day> = true;
template <>
inline constexpr bool bytewise<std::chrono::year_month_day> = true;

template <class T>
concept bytewise_type = bytewise<std::remove_cv_t<T>> && std::is_trivially_copyable_v<T>;

namespace detail {

// An enum without one has the values that its enumerators need bits for, and to decode another one
// would be undefined behaviour.
template <class T>
concept enum_of_fixed_type = std::is_enum_v<T> && requires {
    T{std::underlying_type_t<T>()};
};

// To std they are arithmetic in a dialect of g++ only.
__extension__ using wide_integer = __int128;
__extension__ using wide_unsigned = unsigned __int128;
template <class T>
inline constexpr bool is_wide_integer =
    std::is_same_v<T, wide_integer> || std::is_same_v<T, wide_unsigned>;

// The compiler's: __m256d and its like, or with __attribute__((vector_size)).
template <class T>
concept vector_of_numbers = !std::is_class_v<T> && !std::is_union_v<T> && !std::is_array_v<T> &&
                            !std::is_pointer_v<T> && requires(T & vector) {
    requires std::is_arithmetic_v<std::remove_cvref_t<decltype(vector[0])>>;
};

template <class T, class... Field>
constexpr bool bytewise_fields(types<Field...> /*fields*/) {
    return (bytewise_type<std::remove_cv_t<Field>> && ...) &&
           (std::size_t{0} + ... + sizeof(Field)) == sizeof(T);
}

template <class T>
constexpr bool bytewise_by_shape() {
    if constexpr (std::is_bounded_array_v<T>) {
        return bytewise_type<std::remove_cv_t<std::remove_extent_t<T>>>;
    } else if constexpr (std::is_class_v<T> && std::is_trivially_copyable_v<T>) {
        if constexpr (walkable<T>) return bytewise_fields<T>(fields<T>());
        return false;
    } else {
        return std::is_arithmetic_v<T> || is_wide_integer<T> || vector_of_numbers<T> ||
               enum_of_fixed_type<T>;
    }
}

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
