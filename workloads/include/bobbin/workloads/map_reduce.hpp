// Map and reduce by key, on any pool. A job for each input emits pairs of a key and a value; values
// of equal keys become one, first within the job and then in the order of the inputs. Nothing is
// shared: jobs hand back what they have counted, and whoever awaits the result puts it together.
//
//     struct by_parity {
//         void operator()(int number, auto& emit) const { emit(number % 2 == 0, number); }
//     };
//     std::unordered_map<bool, long> sums =
//         co_await bobbin::map_reduce<bool, long>(pool, by_parity(), std::plus<>(), numbers);
#pragma once

#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/emitter.hpp>

#include <functional>
#include <ranges>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {

// Known by its type, as what it calls is, so that it can cross to another process.
template <class Key, class Value, class Map, class Reduce>
struct map_job {
    template <class Input>
    std::unordered_map<Key, Value> operator()(const Input& input) const {
        emitter<Key, Value, Reduce> emit;
        // Of another, map_reduce says what is wrong.
        if constexpr (std::is_default_constructible_v<Map>) std::invoke(Map(), input, emit);
        return std::move(emit).values();
    }
};

template <class Key, class Value, class Reduce>
struct merge_tables {
    using table = std::unordered_map<Key, Value>;

    table operator()(table&& all, table&& part) const {
        all.merge(part);  // leaves the keys that are known
        for (auto& [key, value] : part) {
            Value& own = all.find(key)->second;
            own = Reduce()(std::move(own), std::move(value));
        }
        return std::move(all);
    }
};

template <class F>
inline constexpr bool known_by_type = std::is_empty_v<F>&& std::is_default_constructible_v<F>;

}  // namespace detail

// For each key that was emitted, its values reduced from the left: first those of each input, in
// the order of emission, then what came of them, in the order of the inputs. So a reduction that
// depends on the order, as a sum of doubles does, still has the same result on every pool, whatever
// its size and the options.
//
// `map(input, emit)` runs on the pool and calls `emit(key, value)`; see `emitter`.
// `reduce(earlier, later)` returns a Value; it runs in the jobs, and where the result is awaited.
// Both are objects without members: `fn`, lambdas without captures, empty functors. What they have
// to know beside the key and the value, the inputs say.
//
// As pool.map_reduce (see pool.hpp): takes the inputs in order, up to `options.window` of them
// ahead of the reduction, whose results are held; throws the first error in their order, be it of
// `map`, of `reduce` or of the inputs; `cancelled` after a stop request, when the running jobs
// have ended. Any thread may call it.
template <class Key, class Value, pool P, class Map, class Reduce,
          std::ranges::viewable_range Inputs>
task<std::unordered_map<Key, Value>> map_reduce(P& pool, Map /*map*/, Reduce /*reduce*/,
                                                Inputs&& inputs, map_options options = {}) {
    static_assert(detail::known_by_type<Map> && detail::known_by_type<Reduce>,
                  "bobbin: map_reduce: the mapper or the reduction captures something or is a "
                  "pointer, and cannot cross to another process. Put what it captures into the "
                  "inputs; for a function write bobbin::fn<&f>");
    return pool.map_reduce(detail::map_job<Key, Value, Map, Reduce>(), std::forward<Inputs>(inputs),
                           detail::merge_tables<Key, Value, Reduce>(),
                           std::unordered_map<Key, Value>(), options);
}

}}  // namespace bobbin::v0
