// Bytes that are no value. Any bytes are a number; but a bool is 0 or 1, and reading another one is
// undefined behaviour. So bools are looked at as bytes, also where they lie in bytewise arrays and
// aggregates, before anybody else looks at them.
#pragma once

#include <bobbin/ipc/bytewise.hpp>
#include <bobbin/ipc/decoder.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class T>
constexpr bool is_array_like = std::is_array_v<T>;
template <class T, std::size_t size>
constexpr bool is_array_like<std::array<T, size>> = true;

template <class T>
constexpr bool is_bool() {
    if constexpr (std::is_enum_v<T>) return std::is_same_v<std::underlying_type_t<T>, bool>;
    return std::is_same_v<T, bool>;
}

template <class T>
constexpr bool holds_bool();

template <class... T>
constexpr bool any_holds_bool(types<T...> /*of them*/) {
    return (holds_bool<std::remove_cv_t<T>>() || ...);
}

template <class T>
constexpr bool holds_bool() {
    if constexpr (is_array_like<T>) {
        return holds_bool<std::remove_cvref_t<decltype(std::declval<const T&>()[0])>>();
    } else if constexpr (std::is_class_v<T>) {
        if constexpr (walkable<T>) return any_holds_bool(fields<T>());
        return false;
    } else {
        return is_bool<T>();
    }
}

template <class T>
bool valid_bytes(const T& value) {
    if constexpr (!holds_bool<T>()) {
        return true;
    } else if constexpr (is_array_like<T>) {
        for (const auto& each : value) {
            if (!valid_bytes(each)) return false;
        }
        return true;
    } else if constexpr (std::is_class_v<T>) {
        bool valid = true;
        boost::pfr::for_each_field(
            value, [&valid](const auto& field) { valid = valid && valid_bytes(field); });
        return valid;
    } else {
        return *reinterpret_cast<const unsigned char*>(std::addressof(value)) <= 1;
    }
}

template <class T>
void expect_valid_bytes(const decoder& from, const T& value) {
    if (!valid_bytes(value)) from.fail("a bool that is neither 0 nor 1");
}

}}}  // namespace bobbin::v0::ipc::detail
