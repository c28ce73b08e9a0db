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
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin::inline v0::detail {

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

template <bool accepted, class F, class... Args>
struct call_types {
    using returned = void;
};
template <class F, class... Args>
struct call_types<true, F, Args...> {
    using returned = std::invoke_result_t<const F&, Args...>;
};

// A call of F with Args, each passed as an rvalue: copies of what was submitted.
template <class F, class... Args>
struct call {
    using returned =
        typename call_types<std::is_invocable_v<const F&, Args...>, F, Args...>::returned;
    using result = typename awaited_result<returned>::type;
    static constexpr bool is_task = awaited_result<returned>::is_task;
};

// The same, as the pool `P` takes it; anything else is a compile-time error that says what to do.
template <class P, class F, class... Args>
struct accepted_call : call<F, Args...> {
    static_assert(
        P::takes_captures || crosses<F>,
        "bobbin: this callable cannot cross to another process: it captures something or is a "
        "pointer. Pass what it captures as an argument, or with bobbin::bind; for a function write "
        "bobbin::fn<&f>");
    static_assert(std::is_invocable_v<const F&, Args...>,
                  "bobbin: the callable does not take these arguments, passed as rvalues");
    static_assert(std::is_void_v<typename call<F, Args...>::result> ||
                      std::move_constructible<typename call<F, Args...>::result>,
                  "bobbin: a job's result must be movable: return a std::unique_ptr to it");
};

template <class P, class F, class... Args>
using job_result = typename accepted_call<P, F, Args...>::result;

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

// A call with the elements of a tuple.
template <class P, class F, class Tuple, class = typename tuple_indices<Tuple>::type>
struct accepted_star_call;
template <class P, class F, class Tuple, std::size_t... I>
struct accepted_star_call<P, F, Tuple, std::index_sequence<I...>> {
    static_assert(std::is_invocable_v<const F&, std::tuple_element_t<I, Tuple>...>,
                  "bobbin: starmap: the callable does not take as many arguments as a tuple has "
                  "elements, or not of these types");
    using result = job_result<P, F, std::tuple_element_t<I, Tuple>...>;
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
        return outcome<R>(std::current_exception());
    }
}

}  // namespace bobbin::inline v0::detail
