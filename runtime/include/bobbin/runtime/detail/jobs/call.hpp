// What calling a job's function means: which callables and results a pool takes, and what comes of
// a call.
#pragma once

#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/task.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

template <class T>
struct awaited_result {
    using type = std::remove_cvref_t<T>;
    static constexpr bool is_task = false;
};
template <class T>
struct awaited_result<task<T>> {
    using type = std::remove_cvref_t<T>;
    static constexpr bool is_task = true;
};

// How a copy of F is called that only one job has: as it is const, if it can be, and so can be
// called again; otherwise as an rvalue, which the call may consume.
template <class F, class... Args>
using callee =
    std::conditional_t<std::is_invocable_v<const F&, Args...> || !std::is_invocable_v<F, Args...>,
                       const F&, F&&>;

template <class... Args, class F>
callee<F, Args...> as_callee(F& f) noexcept {
    return static_cast<callee<F, Args...>>(f);
}

template <class F, class... Args>
inline constexpr bool is_consumed = std::is_rvalue_reference_v<callee<F, Args...>>;

template <bool accepted, class F, class... Args>
struct call_types {
    using returned = void;
};
template <class F, class... Args>
struct call_types<true, F, Args...> {
    using returned = std::invoke_result_t<callee<F, Args...>, Args...>;
};

// A call of F with Args, each passed as an rvalue: copies of what was submitted.
template <class F, class... Args>
struct call {
    static constexpr bool is_possible = std::is_invocable_v<callee<F, Args...>, Args...>;
    using returned = typename call_types<is_possible, F, Args...>::returned;
    using result = typename awaited_result<returned>::type;
    static constexpr bool is_task = awaited_result<returned>::is_task;
};

// The same, as the pool `P` takes it; anything else is a compile-time error that says what to do,
// the only one: nothing more is compiled of a call that is not `accepted`.
template <class P, class F, class... Args>
struct accepted_call {
    using one = call<F, Args...>;
    static constexpr bool can_be_there = P::takes_captures || crosses<F>;
    static constexpr bool is_movable =
        std::is_void_v<typename one::result> || std::move_constructible<typename one::result>;
    static constexpr bool accepted = can_be_there && one::is_possible && is_movable;
    using result = std::conditional_t<is_movable, typename one::result, void>;

    static_assert(
        can_be_there,
        "bobbin: this callable cannot cross to another process: it captures something or is a "
        "pointer. Pass what it captures as an argument, or with bobbin::bind; for a function write "
        "bobbin::fn<&f>");
    static_assert(!can_be_there || one::is_possible,
                  "bobbin: the callable does not take these arguments, passed as rvalues");
    static_assert(!can_be_there || is_movable,
                  "bobbin: a job's result must be movable: return a std::unique_ptr to it");
};

template <class P, class F, class... Args>
using job_result = typename accepted_call<P, F, Args...>::result;

template <class View>
inline constexpr bool is_owning_view = false;
template <class Range>
inline constexpr bool is_owning_view<std::ranges::owning_view<Range>> = true;

// What reading a range gives that a pool was given; if it was handed over, it is the pool's, and
// moved from.
template <class View>
using element_of =
    std::conditional_t<is_owning_view<View>, std::ranges::range_rvalue_reference_t<View>,
                       std::ranges::range_reference_t<View>>;

template <class Range>
struct accepted_range {
    static constexpr bool accepted = std::constructible_from<std::ranges::range_value_t<Range>,
                                                             element_of<std::views::all_t<Range>>>;
    static_assert(
        accepted,
        "bobbin: the range's elements cannot be copied: pass the range as an rvalue, with "
        "std::move, to have them moved");
};

// One of many, side by side, with the same copy of F.
template <class P, class F, class... Args>
struct accepted_shared_call {
    using one = accepted_call<P, F, Args...>;
    static constexpr bool is_shared = !is_consumed<F, Args...>;
    static_assert(is_shared,
                  "bobbin: one copy of the callable serves all elements, on several threads at "
                  "once, so it must be callable as const: no mutable lambda, no operator() &&");
    static constexpr bool accepted = is_shared && one::accepted;
    using result = typename one::result;
};

// A call for each element of a range.
template <class P, class F, class Range>
struct accepted_map {
    using one = accepted_shared_call<P, F, std::ranges::range_value_t<Range>>;
    static constexpr bool accepted = one::accepted && accepted_range<Range>::accepted;
    using result = typename one::result;
};

template <class T>
concept tuple_like = requires {
    std::tuple_size<T>::value;
};

template <class T>
struct tuple_indices {
    static_assert(tuple_like<T>,
                  "bobbin: starmap: the elements of the range are no tuples. For a callable of one "
                  "argument there is map");
    using type = std::index_sequence<>;
};
template <tuple_like T>
struct tuple_indices<T> {
    using type = std::make_index_sequence<std::tuple_size_v<T>>;
};

struct refused_call {
    static constexpr bool accepted = false;
    using result = void;
};

// A call with the elements of a tuple.
template <class P, class F, class Tuple, class = typename tuple_indices<Tuple>::type>
struct accepted_star_call;
template <class P, class F, class Tuple, std::size_t... I>
struct accepted_star_call<P, F, Tuple, std::index_sequence<I...>> {
    static constexpr bool fits = call<F, std::tuple_element_t<I, Tuple>...>::is_possible;
    static_assert(!tuple_like<Tuple> || fits,
                  "bobbin: starmap: the callable does not take as many arguments as a tuple has "
                  "elements, or not of these types");
    using one =
        std::conditional_t<fits, accepted_shared_call<P, F, std::tuple_element_t<I, Tuple>...>,
                           refused_call>;
    static constexpr bool accepted = tuple_like<Tuple> && one::accepted;
    using result = typename one::result;
};

template <class P, class F, class Range>
struct accepted_starmap {
    using one = accepted_star_call<P, F, std::ranges::range_value_t<Range>>;
    static constexpr bool accepted = one::accepted && accepted_range<Range>::accepted;
    using result = typename one::result;
};

// A function of one tuple; as `applied`, but for any F.
template <class F>
struct star {
    [[no_unique_address]] F f;
    template <class Tuple>
    decltype(auto) operator()(Tuple&& args) const {
        return std::apply(f, std::forward<Tuple>(args));
    }
};

// Whether a reduction to a T can take an R; it is no job, and may capture what it likes.
template <class Reduce, class T, class R>
concept reduces = requires(Reduce& reduce, T& value, R& each) {
    value = reduce(std::move(value), std::move(each));
};

// What comes of `f()`, which returns an R.
template <class R, class F>
outcome<R> outcome_of(F&& f) {
    try {
        if constexpr (std::is_void_v<R>) {
            std::forward<F>(f)();
            return outcome<void>();
        } else {
            return outcome<R>(std::forward<F>(f)());
        }
    } catch (...) {
        return outcome<R>::failure(std::current_exception());
    }
}

}}}  // namespace bobbin::v0::detail
