// Calling a function for every index of a range, on all threads of the pool.
#pragma once

#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/indices.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {

// [first, first + count), where the indices may go all the way round their type.
template <std::integral Index, class F>
task<void> for_range(Index first, std::uint64_t count, F& body) {
    const auto& scope = co_await current_scope();
    loop_pace pace;
    while (count > 0) {
        co_await pace.turn();
        if (scope.stop_requested()) throw cancelled();
        if (count > 1 && should_split()) {
            const auto half = count / 2;
            co_await when_all(for_range(first, half, body),
                              for_range(advanced(first, half), count - half, body));
            co_return;
        }
        const auto block = pace.block(count);
        for (auto i = block; i > 0; --i) {
            if constexpr (std::is_void_v<std::invoke_result_t<F&, Index>>)
                body(first);
            else
                co_await body(first);
            first = advanced(first, 1);
        }
        count -= block;
    }
}

}  // namespace detail

// Calls `body(i)` once for each i in [first, last), from several threads at once and in no promised
// order; `body` returns void or a task<void>, which is awaited. The range is halved whenever other
// threads have taken all that was split off before, so that there is no grain to choose (lazy
// binary splitting: A. Tzannes et al., PPoPP 2010). One copy of `body` serves all calls. On an
// error no further parts begin, and that of the lowest part is thrown. Nothing happens if last <=
// first.
template <std::integral Index, class F>
task<void> parallel_for(Index first, Index last, F body) {
    constexpr bool fits = std::is_invocable_v<F&, Index&>;
    static_assert(fits,
                  "bobbin: parallel_for: body must be callable with an index as often as there are "
                  "indices: no operator() &&");
    if constexpr (fits)
        if (first < last) co_await detail::for_range(first, detail::distance(first, last), body);
    co_return;
}

}}  // namespace bobbin::v0
