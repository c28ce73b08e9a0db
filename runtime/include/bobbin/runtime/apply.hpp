// A function of several arguments as a function of one tuple.
#pragma once

#include <bobbin/runtime/fn.hpp>

#include <tuple>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {
struct callable_access;
}

template <class F>
class applied {
public:
    applied() = default;
    explicit constexpr applied(F f) : f_(std::move(f)) {}

    template <class Tuple>
    constexpr auto operator()(Tuple&& args) const
        -> decltype(std::apply(std::declval<const F&>(), std::forward<Tuple>(args))) {
        return std::apply(f_, std::forward<Tuple>(args));
    }

private:
    friend struct detail::callable_access;

    [[no_unique_address]] F f_;
};

// `apply(f)(std::tuple(a, b))` is f(a, b); also for std::pair and std::array.
template <class F>
constexpr applied<F> apply(F f) {
    return applied<F>(std::move(f));
}

template <class F>
inline constexpr bool crosses<applied<F>> = crosses<F>;

}}  // namespace bobbin::v0
