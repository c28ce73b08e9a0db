// Computing a value from a range, on all threads of the pool.
#pragma once

#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/indices.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {

template <class T, class Transform, class Index>
concept transforms_to = requires(Transform& transform, Index& index, void (*use)(T)) {
    use(transform(index));
};
template <class T, class Reduce, class Transform, class Index>
concept reduces_all = requires(Reduce& reduce, Transform& transform, Index& index, T& value) {
    value = reduce(std::move(value), transform(index));
    value = reduce(std::move(value), std::move(value));
};

// A reduction, as its parts share it.
template <class T, class Reduce, class Transform>
class reduction {
public:
    reduction(Reduce& by, Transform& of, std::uint64_t most_in_a_part) noexcept
        : reduce(by), transform(of), longest_part(most_in_a_part) {}

    // A plain function, so that the loop's variables are in registers, not in a frame.
    template <class Index>
    T fold(T value, Index first, std::uint64_t count) const {
        for (; count > 0; --count, first = advanced(first, 1))
            value = reduce(std::move(value), transform(first));
        return value;
    }

    // Whether so many steps need no look up meanwhile. Short parts that one thread does in a row
    // are tasks, between which its loop looks; so the clock, which costs as much as a task, is read
    // for one in 64 of them only, by its place.
    template <class Index>
    bool is_short(Index first, std::uint64_t count) const noexcept {
        constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15;
        const bool measures = static_cast<std::uint64_t>(first) * odd >> 58U == 0;
        return !measures && count < block.load(std::memory_order_relaxed);
    }

    Reduce& reduce;
    Transform& transform;
    const std::uint64_t longest_part;
    // Steps that take no longer than a look up is worth, as far as is known; 1: nothing is.
    // Relaxed: an estimate.
    std::atomic<std::size_t> block{1};
};

template <std::integral Index, class T, class Reduce, class Transform>
task<T> reduce_in_blocks(Index first, std::uint64_t count,
                         reduction<T, Reduce, Transform>& shared) {
    const auto& scope = co_await current_scope();
    const auto known = shared.block.load(std::memory_order_relaxed);
    loop_pace pace(known);
    co_await pace.turn();
    if (scope.stop_requested()) throw cancelled();
    // A transform alone is measured as a step only where it is one: reducing may take longer.
    auto block = count == 1 ? pace.block(1) : std::size_t{1};
    T value = shared.transform(first);
    for (;;) {
        first = advanced(first, block);
        count -= block;
        if (count == 0) break;
        co_await pace.turn();
        if (scope.stop_requested()) throw cancelled();
        block = pace.block(count);
        value = shared.fold(std::move(value), first, block);
    }
    if (const auto measured = pace.measure(); measured != known)
        shared.block.store(measured, std::memory_order_relaxed);
    co_return value;
}

template <std::integral Index, class T, class Reduce, class Transform>
task<T> reduce_at_once(Index first, std::uint64_t count, reduction<T, Reduce, Transform>& shared) {
    co_return shared.fold(shared.transform(first), advanced(first, 1), count - 1);
}

template <std::integral Index, class T, class Reduce, class Transform>
task<T> reduce_halves(Index first, std::uint64_t count, reduction<T, Reduce, Transform>& shared);

template <std::integral Index, class T, class Reduce, class Transform>
task<T> reduce_range(Index first, std::uint64_t count, reduction<T, Reduce, Transform>& shared) {
    if (count > shared.longest_part) return reduce_halves(first, count, shared);
    if (shared.is_short(first, count)) return reduce_at_once(first, count, shared);
    return reduce_in_blocks(first, count, shared);
}

template <std::integral Index, class T, class Reduce, class Transform>
task<T> reduce_halves(Index first, std::uint64_t count, reduction<T, Reduce, Transform>& shared) {
    const auto half = count / 2;
    auto [low, high] = co_await when_all(reduce_range(first, half, shared),
                                         reduce_range(advanced(first, half), count - half, shared));
    co_return shared.reduce(std::move(low), std::move(high));
}

}  // namespace detail

// reduce(init, transform(i) for each i in [first, last)), where `reduce` need only be associative.
// How the range is cut depends on its length alone, so that floating-point results are the same,
// bit for bit, on any number of threads. `reduce` and `transform` are called from several threads
// at once. On an error no further parts begin, and that of the lowest part is thrown. `init` alone
// if last <= first.
template <std::integral Index, class T, class Reduce, class Transform>
task<T> transform_reduce(Index first, Index last, T init, Reduce reduce, Transform transform) {
    constexpr bool transforms = detail::transforms_to<T, Transform, Index>;
    static_assert(transforms,
                  "bobbin: transform_reduce: transform must be callable with an index as often as "
                  "there are indices, and return a T, as init is");
    constexpr bool reduces = !transforms || detail::reduces_all<T, Reduce, Transform, Index>;
    static_assert(reduces,
                  "bobbin: transform_reduce: reduce must be callable with two Ts, as init is, and "
                  "with a T and what transform returns, and return a T");
    if constexpr (transforms && reduces) {
        if (!(first < last)) co_return init;
        const auto count = detail::distance(first, last);
        // At most 2048 parts: enough to share, few enough to cost nothing.
        detail::reduction<T, Reduce, Transform> shared(reduce, transform, count / 1024 + 1);
        T value = co_await detail::reduce_range(first, count, shared);
        co_return reduce(std::move(init), std::move(value));
    } else {
        co_return init;
    }
}

}}  // namespace bobbin::v0
