// Computing a value from a range, on all threads of the pool.
#pragma once

#include <bobbin/runtime/detail/indices.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <concepts>
#include <cstdint>
#include <utility>

namespace bobbin::inline v0 {

namespace detail {

template <std::integral Index, class T, class Reduce, class Transform>
task<T> reduce_range(Index first, std::uint64_t count, std::uint64_t leaf, Reduce& reduce,
                     Transform& transform) {
    if (count > leaf) {
        const auto half = count / 2;
        auto [low, high] = co_await when_all(
            reduce_range<Index, T>(first, half, leaf, reduce, transform),
            reduce_range<Index, T>(advanced(first, half), count - half, leaf, reduce, transform));
        co_return reduce(std::move(low), std::move(high));
    }
    T value = transform(first);
    while (--count > 0) {
        first = advanced(first, 1);
        value = reduce(std::move(value), transform(first));
    }
    co_return value;
}

}  // namespace detail

// reduce(init, transform(i) for each i in [first, last)), where `reduce` need only be associative.
// How the range is cut depends on its length alone, so that floating-point results are the same,
// bit for bit, on any number of threads. `reduce` and `transform` are called from several threads
// at once. The error of the lowest part is thrown. `init` alone if last <= first.
template <std::integral Index, class T, class Reduce, class Transform>
task<T> transform_reduce(Index first, Index last, T init, Reduce reduce, Transform transform) {
    if (!(first < last)) co_return init;
    const auto count = detail::distance(first, last);
    // At most 2048 leaves: enough to share, few enough to cost nothing.
    T value =
        co_await detail::reduce_range<Index, T>(first, count, count / 1024 + 1, reduce, transform);
    co_return reduce(std::move(init), std::move(value));
}

}  // namespace bobbin::inline v0
