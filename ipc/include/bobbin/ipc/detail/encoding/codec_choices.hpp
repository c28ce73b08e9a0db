// What has one value or another, or none: which, and the value.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class T>
struct codec<std::optional<T>> {
    using parts = types<T>;
    static constexpr std::size_t least() { return flag_bytes; }

    static void put(encoder& to, const std::optional<T>& value) {
        to.put_flag(value.has_value());
        if (value) to.put(*value);
    }
    static std::optional<T> get(decoder& from) {
        if (!from.get_flag()) return std::nullopt;
        return std::optional<T>(std::in_place, from.get<std::remove_cv_t<T>>());
    }
};

// The pointer may be null. What it points to is of type T exactly: see refusal.hpp.
template <class T>
struct codec<std::unique_ptr<T>> {
    using parts = types<T>;
    static constexpr std::size_t least() { return flag_bytes; }

    static void put(encoder& to, const std::unique_ptr<T>& value) {
        to.put_flag(value != nullptr);
        if (!value) return;
        const auto level = to.deeper();
        to.put(*value);
    }
    static std::unique_ptr<T> get(decoder& from) {
        if (!from.get_flag()) return nullptr;
        const auto level = from.deeper();
        return std::make_unique<T>(from.get<std::remove_cv_t<T>>());
    }
};

template <class T>
struct codec<std::unique_ptr<T[]>>;  // its length is unknown

template <class... T>
struct codec<std::variant<T...>> {
    using variant = std::variant<T...>;
    using parts = types<T...>;
    using index = std::uint32_t;
    static constexpr std::size_t least() { return sizeof(index); }

    static void put(encoder& to, const variant& value) {
        std::visit(
            [&](const auto& held) {
                to.put(static_cast<index>(value.index()));
                to.put(held);
            },
            value);
    }
    static variant get(decoder& from) {
        const auto which = from.get<index>();
        if (which >= sizeof...(T)) from.fail("a variant of an unknown alternative");
        return get_alternative(from, which, std::index_sequence_for<T...>());
    }

private:
    template <std::size_t... I>
    static variant get_alternative(decoder& from, index which, std::index_sequence<I...> /*all*/) {
        using get_one = variant(decoder&);
        static constexpr std::array<get_one*, sizeof...(T)> each{&codec::get_as<I, T>...};
        return each[which](from);
    }
    template <std::size_t i, class Alternative>
    static variant get_as(decoder& from) {
        return variant(std::in_place_index<i>, from.get<std::remove_cv_t<Alternative>>());
    }
};

}}}  // namespace bobbin::v0::ipc::detail
