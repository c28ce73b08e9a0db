// What values may lie in shared memory as they are.
#pragma once

#include <atomic>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Those that the processor changes in one step.
template <class T>
concept lock_free_number = std::is_same_v<T, std::remove_cv_t<T>> &&
    (std::is_arithmetic_v<T> || std::is_enum_v<T>)&&std::atomic<T>::is_always_lock_free;

// Those with fetch_add.
template <class T>
concept addable_number = lock_free_number<T> && std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

template <class T>
concept address = std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T>;

// Initialise a member of any type; a pointer only.
struct any_member {
    template <class T>
    operator T() const;  // NOLINT(google-explicit-constructor): it is for conversions
};
struct pointer_member {
    template <class T>
    operator T*() const;  // NOLINT(google-explicit-constructor): it is for conversions
};

template <class T, std::size_t... I>
constexpr bool has_pointer_after(std::index_sequence<I...> /*members before it*/) {
    return requires {
        T{(static_cast<void>(I), any_member{})..., pointer_member{}};
    };
}
template <class T, std::size_t... N>
constexpr bool has_pointer_among(std::index_sequence<N...> /*places*/) {
    return (has_pointer_after<T>(std::make_index_sequence<N>()) || ...);
}

// An aggregate that shows a pointer among its first members. What is hidden in classes with
// constructors can't be seen.
template <class T>
concept aggregate_with_pointer = std::is_class_v<T> && std::is_aggregate_v<T> &&
    has_pointer_among<T>(std::make_index_sequence<16>());

template <class T>
concept holds_addresses = address<T> || std::ranges::view<T> || aggregate_with_pointer<T>;

// Ends the compilation with advice for types that can't be shared.
template <class T>
struct checked_for_sharing {
    static constexpr bool is_value =
        !std::is_const_v<T> && !std::is_volatile_v<T> && !std::is_reference_v<T>;
    static_assert(
        is_value,
        "bobbin: shared memory holds values: write the type without const, volatile or &");
    static_assert(
        !holds_addresses<T>,
        "bobbin: an address means nothing in another process: share an index or an offset, "
        "or the elements themselves in a shared_array");
    static_assert(std::is_trivially_copyable_v<T>,
                  "bobbin: shared memory holds trivially copyable types: use a struct of numbers, "
                  "enums and std::arrays, or send it through a shared_queue, which encodes");
    static_assert(
        !is_value || std::is_copy_assignable_v<T>,
        "bobbin: a shared value is assigned to: its members may be neither references nor "
        "const; share what a reference refers to");
    using type = T;
};

}}}  // namespace bobbin::v0::ipc::detail
