// Containers with another face: encoded as what they hold.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <cstddef>
#include <queue>
#include <stack>
#include <utility>
#include <valarray>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// std::stack, queue, priority_queue: their container is a protected member.
template <class Adaptor>
struct adaptor_codec {
    using container = typename Adaptor::container_type;
    using parts = types<container>;
    static constexpr std::size_t least() { return least_bytes<container>(); }

    static void put(encoder& to, const Adaptor& value) { to.put(opened::inside(value)); }

private:
    struct opened : Adaptor {
        static const container& inside(const Adaptor& of) { return of.*&opened::c; }
    };
};

template <class T, class Container>
struct codec<std::stack<T, Container>> : adaptor_codec<std::stack<T, Container>> {
    static std::stack<T, Container> get(decoder& from) {
        return std::stack<T, Container>(from.get<Container>());
    }
};

template <class T, class Container>
struct codec<std::queue<T, Container>> : adaptor_codec<std::queue<T, Container>> {
    static std::queue<T, Container> get(decoder& from) {
        return std::queue<T, Container>(from.get<Container>());
    }
};

template <class T, class Container, class Compare>
struct codec<std::priority_queue<T, Container, Compare>>
    : adaptor_codec<std::priority_queue<T, Container, Compare>> {
    static std::priority_queue<T, Container, Compare> get(decoder& from) {
        return std::priority_queue<T, Container, Compare>(Compare(), from.get<Container>());
    }
};

template <class T>
struct codec<std::valarray<T>> {
    using parts = types<T>;
    static constexpr std::size_t least() { return count_bytes; }

    static void put(encoder& to, const std::valarray<T>& values) {
        to.put_count(values.size());
        for (const T& each : values) to.put(each);
    }
    static std::valarray<T> get(decoder& from) {
        std::valarray<T> values(from.get_count(least_bytes<T>()));
        for (T& each : values) from.get_to(each);
        return values;
    }
};

}}}  // namespace bobbin::v0::ipc::detail
