// Partial application.
#pragma once

#include <bobbin/runtime/fn.hpp>

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {
struct callable_access;
}

// What `bind` returns. Calls get copies of the bound arguments, so that it can be called again and
// on several threads at once.
template <class F, class... Bound>
class bound {
public:
    explicit constexpr bound(F f, Bound... args) : f_(std::move(f)), bound_(std::move(args)...) {}

    template <class... Args>
    constexpr auto operator()(Args&&... args) const
        -> std::invoke_result_t<const F&, Bound..., Args...> {
        return std::apply(
            [&](const Bound&... own) -> std::invoke_result_t<const F&, Bound..., Args...> {
                return std::invoke(f_, Bound(own)..., std::forward<Args>(args)...);
            },
            bound_);
    }

private:
    friend struct detail::callable_access;
    bound(F f, std::tuple<Bound...> args) : f_(std::move(f)), bound_(std::move(args)) {}

    [[no_unique_address]] F f_;
    std::tuple<Bound...> bound_;
};

// `bind(f, a, b)(c)` is f(a, b, c): Python's functools.partial, and std::bind_front with copies
// whose types are known, so that it can cross to another process if f and the arguments can.
template <class F, class... Args>
constexpr bound<F, Args...> bind(F f, Args... args) {
    return bound<F, Args...>(std::move(f), std::move(args)...);
}

template <class F, class... Bound>
inline constexpr bool crosses<bound<F, Bound...>> = crosses<F>;

}}  // namespace bobbin::v0
