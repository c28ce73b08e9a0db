// Why a type cannot be encoded, if it cannot. Of the messages of static_assert, g++ 12 prints only
// the literal, which cannot hold a type's name. So the error is the use of an undefined type that
// is named after what is wrong, and both compilers print in its first line: the type that cannot be
// encoded, what to do about it, and whose part it is.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <algorithm>
#include <any>
#include <atomic>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <typeindex>

namespace bobbin { inline namespace v0 { namespace ipc {

// Clang prints no more than 32 characters of it.
template <std::size_t size>
struct advice {
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is an advice
    consteval advice(const char (&literal)[size]) { std::copy_n(literal, size, text); }
    char text[size];  // shown as a string
};

template <class T>
struct within;

// Never defined.
template <class T, advice what_to_do, class Owner>
struct cannot_be_encoded;

namespace detail {

struct no_refusal {};
template <class T, advice what_to_do, class Owner>
struct refusal {};

template <class T>
inline constexpr bool is_view = std::ranges::enable_view<T>;
template <class T, std::size_t size>
inline constexpr bool is_view<std::span<T, size>> = true;

template <class T>
inline constexpr bool is_text_view = false;
template <class Char, class Traits>
inline constexpr bool is_text_view<std::basic_string_view<Char, Traits>> = true;

template <class T>
inline constexpr bool points_to_value = false;
template <class T>
inline constexpr bool points_to_value<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool points_to_value<std::weak_ptr<T>> = true;
template <class T>
inline constexpr bool points_to_value<std::reference_wrapper<T>> = true;
template <class T, class Deleter>
inline constexpr bool points_to_value<std::unique_ptr<T, Deleter>> =
    true;  // with a deleter of its own

template <class T>
inline constexpr bool is_function_object = false;
template <class Signature>
inline constexpr bool is_function_object<std::function<Signature>> = true;

template <class T>
inline constexpr bool is_list_of_others = false;
template <class T>
inline constexpr bool is_list_of_others<std::initializer_list<T>> = true;

template <class T>
inline constexpr bool is_atomic = false;
template <class T>
inline constexpr bool is_atomic<std::atomic<T>> = true;

// A pointer to what may be of some class derived from T.
template <class T>
inline constexpr bool owns_some_class = false;
template <class T, class Deleter>
inline constexpr bool owns_some_class<std::unique_ptr<T, Deleter>> = std::is_polymorphic_v<T>;

template <class T>
inline constexpr bool is_owned_array = false;
template <class T, class Deleter>
inline constexpr bool is_owned_array<std::unique_ptr<T[], Deleter>> = true;

template <class T>
concept character_pointer =
    std::is_pointer_v<T> && std::is_same_v < std::remove_cv_t<std::remove_pointer_t<T>>,
char > ;

// The classes among them, none of which has functions for encoding.
template <class T, class Owner>
constexpr auto refuse_class() {
    if constexpr (std::is_same_v<T, std::any>) {
        return refusal<T, "send a std::variant", Owner>();
    } else if constexpr (is_function_object<T>) {
        return refusal<T, "send a bobbin::fn<&f>", Owner>();
    } else if constexpr (std::is_same_v<T, std::type_index>) {
        return refusal<T, "types are known here only", Owner>();
    } else if constexpr (is_atomic<T>) {
        return refusal<T, "send the value it holds", Owner>();
    } else if constexpr (is_text_view<T>) {
        return refusal<T, "send a std::string", Owner>();
    } else if constexpr (is_view<T> || is_owned_array<T> || is_list_of_others<T>) {
        return refusal<T, "send a std::vector", Owner>();
    } else if constexpr (points_to_value<T>) {
        return refusal<T, "send the value it points to", Owner>();
    } else if constexpr (std::is_union_v<T>) {
        return refusal<T, "send a std::variant", Owner>();
    } else if constexpr (small_aggregate<T> && !aggregate_without_c_array<T>) {
        return refusal<T, "make its C array a std::array", Owner>();
    } else if constexpr (small_aggregate<T>) {
        return refusal<T, "hold a value, not a reference", Owner>();
    } else {
        return refusal<T, "give it a serialize function", Owner>();
    }
}

// Of a type that is encoded by no rule.
template <class T, class Owner>
constexpr auto refuse() {
    if constexpr (std::is_reference_v<T>) {
        return refusal<T, "send a value, not a reference", Owner>();
    } else if constexpr (std::is_array_v<T>) {
        return refusal<T, "send a std::array or string", Owner>();
    } else if constexpr (character_pointer<T>) {
        return refusal<T, "send a std::string", Owner>();
    } else if constexpr (std::is_function_v<std::remove_pointer_t<T>> ||
                         std::is_member_pointer_v<T>) {
        return refusal<T, "send a bobbin::fn<&f>", Owner>();
    } else if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T>) {
        return refusal<T, "send the value it points to", Owner>();
    } else if constexpr (std::is_class_v<T> || std::is_union_v<T>) {
        return refuse_class<T, Owner>();
    } else if constexpr (std::is_enum_v<T>) {
        return refusal<T, "give the enum a fixed type", Owner>();
    } else {
        return refusal<T, "it is no type of values", Owner>();
    }
}

template <class T, class... Outer>
constexpr auto examine();

template <class... Outer>
constexpr no_refusal examine_parts(types<Outer...> /*outer*/, types<> /*parts*/) {
    return {};
}
template <class... Outer, class Part, class... Others>
constexpr auto examine_parts(types<Outer...> outer, types<Part, Others...> /*parts*/) {
    constexpr auto found = examine<std::remove_cv_t<Part>, Outer...>();
    if constexpr (std::is_same_v<decltype(found), const no_refusal>) {
        return examine_parts(outer, types<Others...>());
    } else {
        return found;
    }
}

template <class...>
struct nearest {
    using type = void;
};
template <class T, class... Others>
struct nearest<T, Others...> {
    using type = within<T>;
};

// The first refusal there is in T, which is part of Outer, the nearest first; or no_refusal. The
// order is that of encoder::put. A type met again on the way down is being examined already.
template <class T, class... Outer>
constexpr auto examine() {
    using owner = typename nearest<Outer...>::type;
    if constexpr ((std::is_same_v<T, Outer> || ...)) {
        return no_refusal();
    } else if constexpr (std::is_array_v<T> || std::is_reference_v<T>) {
        return refuse<T, owner>();
    } else if constexpr (bytewise_type<T>) {
        return no_refusal();
    } else if constexpr (owns_some_class<T>) {
        return refusal<T, "send a std::variant of classes", owner>();
    } else if constexpr (standard_type<T>) {
        return examine_parts(types<T, Outer...>(), typename codec<T>::parts());
    } else if constexpr (serialized_by_user<T>) {
        if constexpr (!requires { access::construct<T>(); }) {
            return refusal<T, "give it a default constructor", owner>();
        } else if constexpr (!std::is_move_constructible_v<T>) {
            return refusal<T, "give it a move constructor", owner>();
        } else {
            return no_refusal();
        }
    } else if constexpr (walkable<T> && !is_view<T>) {
        return examine_parts(types<T, Outer...>(), fields<T>());
    } else {
        return refuse<T, owner>();
    }
}

// Its compilation is the error. No constant depends on it: that would be another error.
template <class T, advice what_to_do, class Owner>
void report(refusal<T, what_to_do, Owner> /*why*/) {
    static_cast<void>(sizeof(cannot_be_encoded<T, what_to_do, Owner>));
}
inline void report(no_refusal /*all is well*/) {}

// Whether T can be encoded; if not, that is an error of the compilation, and nothing else should be
// compiled.
template <class T>
constexpr bool must_be_encodable() {
    using found = decltype(examine<std::remove_cv_t<T>>());
    void (*reported)(found) = report;
    return reported != nullptr && std::is_same_v<found, no_refusal>;
}

}  // namespace detail

// What can be encoded and decoded. A type with functions of its own is believed to be: what these
// cannot encode is an error where they are compiled.
template <class T>
concept encodable =
    std::is_same_v<decltype(detail::examine<std::remove_cv_t<T>>()), detail::no_refusal>;

}}}  // namespace bobbin::v0::ipc
