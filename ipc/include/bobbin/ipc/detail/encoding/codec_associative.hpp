// Maps and sets: a count, and the elements in the container's order; of a map, key and value.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class T>
struct associative_codec {
    static constexpr std::size_t least() { return count_bytes; }

    static T get(decoder& from) {
        const auto level = from.deeper();
        const std::size_t count = from.get_count(codec<T>::least_each());
        T values;
        if constexpr (requires { values.reserve(count); }) {
            values.reserve(std::min(count, from.bytes_left() / sizeof(typename T::value_type)));
        }
        for (std::size_t i = 0; i < count; ++i) codec<T>::get_one(from, values);
        if (values.size() != count) from.fail("a key that was there before");
        return values;
    }
};

template <class T>
struct map_codec : associative_codec<T> {
    using key = typename T::key_type;
    using mapped = typename T::mapped_type;
    using parts = types<key, mapped>;

    static void put(encoder& to, const T& values) {
        to.put_count(values.size());
        const auto level = to.deeper();
        for (const auto& [key, value] : values) {
            to.put(key);
            to.put(value);
        }
    }

private:
    friend associative_codec<T>;
    static constexpr std::size_t least_each() { return least_bytes<key>() + least_bytes<mapped>(); }
    static void get_one(decoder& from, T& values) {
        auto first = from.get<key>();
        auto second = from.get<mapped>();
        values.emplace_hint(values.end(), std::move(first), std::move(second));
    }
};

template <class T>
struct set_codec : associative_codec<T> {
    using key = typename T::key_type;
    using parts = types<key>;

    static void put(encoder& to, const T& values) {
        to.put_count(values.size());
        const auto level = to.deeper();
        for (const key& each : values) to.put(each);
    }

private:
    friend associative_codec<T>;
    static constexpr std::size_t least_each() { return least_bytes<key>(); }
    static void get_one(decoder& from, T& values) {
        values.emplace_hint(values.end(), from.get<key>());
    }
};

template <class... T>
struct codec<std::map<T...>> : map_codec<std::map<T...>> {};
template <class... T>
struct codec<std::multimap<T...>> : map_codec<std::multimap<T...>> {};
template <class... T>
struct codec<std::unordered_map<T...>> : map_codec<std::unordered_map<T...>> {};
template <class... T>
struct codec<std::unordered_multimap<T...>> : map_codec<std::unordered_multimap<T...>> {};

template <class... T>
struct codec<std::set<T...>> : set_codec<std::set<T...>> {};
template <class... T>
struct codec<std::multiset<T...>> : set_codec<std::multiset<T...>> {};
template <class... T>
struct codec<std::unordered_set<T...>> : set_codec<std::unordered_set<T...>> {};
template <class... T>
struct codec<std::unordered_multiset<T...>> : set_codec<std::unordered_multiset<T...>> {};

}}}  // namespace bobbin::v0::ipc::detail
