// Sequences: a count, and the elements. An array goes without the count.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>
#include <bobbin/ipc/detail/encoding/valid_bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <forward_list>
#include <iterator>
#include <list>
#include <type_traits>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class T>
void put_elements(encoder& to, const T& values) {
    const auto level = to.deeper();
    for (const auto& each : values) to.put(each);
}

// Of a container that grows at its end. No memory is taken for more elements than the bytes left
// could fill, before they are decoded.
template <class T>
T get_elements(decoder& from) {
    using element = typename T::value_type;
    const auto level = from.deeper();
    const std::size_t count = from.get_count(least_bytes<element>());
    T values;
    if constexpr (requires { values.reserve(count); }) {
        values.reserve(std::min(count, from.bytes_left() / sizeof(element)));
    }
    for (std::size_t i = 0; i < count; ++i) values.push_back(from.get<element>());
    return values;
}

template <class T>
struct sequence_codec {
    using parts = types<typename T::value_type>;
    static constexpr std::size_t least() { return count_bytes; }

    static void put(encoder& to, const T& values) {
        to.put_count(values.size());
        put_elements(to, values);
    }
    static T get(decoder& from) { return get_elements<T>(from); }
};

template <class T, class Allocator>
struct codec<std::deque<T, Allocator>> : sequence_codec<std::deque<T, Allocator>> {};

template <class T, class Allocator>
struct codec<std::list<T, Allocator>> : sequence_codec<std::list<T, Allocator>> {};

template <class T, class Allocator>
struct codec<std::forward_list<T, Allocator>> {
    using list = std::forward_list<T, Allocator>;
    using parts = types<T>;
    static constexpr std::size_t least() { return count_bytes; }

    static void put(encoder& to, const list& values) {
        to.put_count(static_cast<std::size_t>(std::distance(values.begin(), values.end())));
        put_elements(to, values);
    }
    static list get(decoder& from) {
        const auto level = from.deeper();
        list values;
        auto last = values.before_begin();
        for (auto left = from.get_count(least_bytes<T>()); left > 0; --left) {
            last = values.insert_after(last, from.get<T>());
        }
        return values;
    }
};

template <class T, class Allocator>
struct codec<std::vector<T, Allocator>> : sequence_codec<std::vector<T, Allocator>> {
    using vector = std::vector<T, Allocator>;

    static void put(encoder& to, const vector& values) {
        to.put_count(values.size());
        if constexpr (bytewise_type<T>) {
            to.put_bytes(values.data(), values.size() * sizeof(T));
        } else {
            put_elements(to, values);
        }
    }
    static vector get(decoder& from) {
        if constexpr (bytewise_type<T> && std::is_default_constructible_v<T>) {
            const std::size_t count = from.get_count(sizeof(T));
            vector values;
            values.reserve(count);
            // Mostly they can be copied without filling the vector with zeros first.
            while (values.size() < count) {
                const auto in_place = from.get_in_place<T>(count - values.size());
                if (in_place.empty()) break;
                values.insert(values.end(), in_place.begin(), in_place.end());
                asm volatile("" : : "r"(values.data()) : "memory");  // as in reader::read
            }
            const std::size_t copied = values.size();
            values.resize(count);
            from.get_bytes(values.data() + copied, (count - copied) * sizeof(T));
            for (const T& each : values) expect_valid_bytes(from, each);
            return values;
        } else {
            return get_elements<vector>(from);
        }
    }
};

template <class T, std::size_t size>
struct codec<std::array<T, size>> {
    using parts = types<T>;
    static constexpr std::size_t least() {
        if constexpr (size != 0) return size * least_bytes<T>();
        return 0;
    }

    static void put(encoder& to, const std::array<T, size>& values) {
        for (const T& each : values) to.put(each);
    }
    static std::array<T, size> get(decoder& from) {
        if constexpr (std::is_default_constructible_v<T>) {
            std::array<T, size> values{};
            for (T& each : values) from.get_to(each);
            return values;
        } else {
            return get_each(from, std::make_index_sequence<size>());
        }
    }

private:
    template <std::size_t... I>
    static std::array<T, size> get_each(decoder& from, std::index_sequence<I...> /*elements*/) {
        return {(static_cast<void>(I), from.get<T>())...};
    }
};

}}}  // namespace bobbin::v0::ipc::detail
