// By which rule a type is encoded: bytewise, as a standard type, by its own functions, or as an
// aggregate. Every value takes at least a byte: where its rule writes none, there is a zero.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>
#include <bobbin/ipc/detail/encoding/codec_adaptors.hpp>
#include <bobbin/ipc/detail/encoding/codec_associative.hpp>
#include <bobbin/ipc/detail/encoding/codec_bits.hpp>
#include <bobbin/ipc/detail/encoding/codec_choices.hpp>
#include <bobbin/ipc/detail/encoding/codec_errors.hpp>
#include <bobbin/ipc/detail/encoding/codec_handles.hpp>
#include <bobbin/ipc/detail/encoding/codec_products.hpp>
#include <bobbin/ipc/detail/encoding/codec_sequences.hpp>
#include <bobbin/ipc/detail/encoding/codec_strings.hpp>
#include <bobbin/ipc/detail/encoding/refusal.hpp>
#include <bobbin/ipc/detail/encoding/valid_bytes.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace detail {

// --- what does not go bytewise ---

template <class T>
void put_by_parts(encoder& to, const T& value) {
    if constexpr (standard_type<T>) {
        codec<T>::put(to, value);
    } else if constexpr (serialized_by_user<T>) {
        const auto level = to.deeper();
        save_by_user(to, value);
    } else {
        boost::pfr::for_each_field(value, [&to](const auto& field) { to.put(field); });
    }
}

template <class T, class... Field>
T get_fields([[maybe_unused]] decoder& from, types<Field...> /*fields*/) {
    return T{from.get<std::remove_cv_t<Field>>()...};
}

template <class T>
T get_by_parts(decoder& from) {
    if constexpr (standard_type<T>) {
        return codec<T>::get(from);
    } else if constexpr (serialized_by_user<T>) {
        const auto level = from.deeper();
        T value = access::construct<T>();
        load_by_user(from, value);
        return value;
    } else {
        return get_fields<T>(from, fields<T>());
    }
}

// --- what does ---

template <class T>
T get_bytewise(decoder& from) {
    if constexpr (std::is_default_constructible_v<T>) {
        T value;
        from.get_bytes(std::addressof(value), sizeof value);
        expect_valid_bytes(from, value);
        return value;
    } else {
        std::array<std::byte, sizeof(T)> bytes;
        from.get_bytes(bytes.data(), bytes.size());
        const T value = std::bit_cast<T>(bytes);
        expect_valid_bytes(from, value);
        return value;
    }
}

}  // namespace detail

template <class T>
void encoder::put(const T& value) {
    if constexpr (bytewise_type<T>) {
        put_bytes(std::addressof(value), sizeof value);
    } else if constexpr (std::is_array_v<T>) {
        for (const auto& each : value) put(each);
    } else if constexpr (detail::must_be_encodable<T>()) {
        const std::size_t before = to_.size();
        detail::put_by_parts(*this, value);
        if (to_.size() == before) put_flag(false);
    }
}

template <class T>
T decoder::get() {
    if constexpr (!detail::must_be_encodable<T>()) {
        __builtin_unreachable();  // it does not compile
    } else if constexpr (bytewise_type<T>) {
        return detail::get_bytewise<T>(*this);
    } else {
        const std::size_t before = position();
        T value = detail::get_by_parts<T>(*this);
        if (position() == before && get_flag()) fail("something in place of nothing");
        return value;
    }
}

template <class T>
void decoder::get_to(T& value) {
    if constexpr (bytewise_type<T> && !detail::holds_bool<T>()) {
        get_bytes(std::addressof(value), sizeof value);
    } else if constexpr (std::is_array_v<T>) {
        for (auto& each : value) get_to(each);
    } else {
        value = get<T>();
    }
}

}}}  // namespace bobbin::v0::ipc
