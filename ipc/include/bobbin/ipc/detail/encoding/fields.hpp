// The fields of aggregates, by Boost.PFR. It ends the compilation with an error of its own where it
// cannot help; so whoever asks here asks first whether a type is `walkable`.
#pragma once

#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class... T>
struct types {};

template <class Base, class Derived>
concept proper_base_of = std::is_base_of_v<Base, Derived> && !std::is_same_v<Base, Derived>;

// What initialises a base of T, and no member.
template <class T>
struct only_a_base {
    template <proper_base_of<T> Base>
    operator Base() const;  // NOLINT(google-explicit-constructor): it is for conversions
};

template <class T>
concept aggregate_with_base = requires {
    T{only_a_base<T>{}};
};

// PFR's time grows with the size: a large std::array among the fields costs tens of seconds.
inline constexpr std::size_t most_walkable_bytes = std::size_t{16} * 1024;

template <class T>
concept small_aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !aggregate_with_base<T> &&
                          sizeof(T) <= most_walkable_bytes;

struct any_lvalue {
    template <class T>
    operator T&() const;  // NOLINT(google-explicit-constructor): it is for conversions
};
struct any_rvalue {
    template <class T>
    operator T() const;  // NOLINT(google-explicit-constructor): it is for conversions
};
template <class T>
using anything = std::conditional_t<std::is_copy_constructible_v<T>, any_lvalue, any_rvalue>;

#if defined(__cpp_aggregate_paren_init)
// PFR counts the elements of a C array as fields and trips over it later. In parentheses they
// don't count, as there is no brace elision.
template <class T, std::size_t... I>
constexpr bool counted_right(std::index_sequence<I...> /*fields*/) {
    return requires {
        T((static_cast<void>(I), anything<T>{})...);
    };
}
#else
template <class T, std::size_t... I>
constexpr bool counted_right(std::index_sequence<I...> /*fields*/) {
    return true;
}
#endif

template <class T>
concept aggregate_without_c_array = small_aggregate<T> &&
    counted_right<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>());

template <class T, std::size_t... I>
types<boost::pfr::tuple_element_t<I, T>...> list_fields(std::index_sequence<I...>);

// types<…> of the fields, which may be const.
template <aggregate_without_c_array T>
using fields = decltype(list_fields<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>()));

// Binds to a reference to T, and as an initialiser of a T it is ambiguous.
template <class T>
struct only_a_reference {
    operator T&() const;   // NOLINT(google-explicit-constructor): it is for conversions
    operator T&&() const;  // NOLINT(google-explicit-constructor): it is for conversions
};

template <class T, std::size_t i, class... Field, std::size_t... I>
constexpr bool is_reference(types<Field...> /*fields*/, std::index_sequence<I...> /*fields*/) {
    return requires {
        T{std::declval<std::conditional_t<I == i, only_a_reference<std::remove_cv_t<Field>>,
                                          anything<T>>>()...};
    };
}

template <class T, std::size_t... I>
constexpr bool holds_reference([[maybe_unused]] std::index_sequence<I...> all) {
    return (is_reference<T, I>(fields<T>(), all) || ...);
}

// To PFR, a reference is what it refers to.
template <class T>
concept walkable = aggregate_without_c_array<T> &&
    !holds_reference<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>());

}}}  // namespace bobbin::v0::ipc::detail
