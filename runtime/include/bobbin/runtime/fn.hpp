// Functions that can cross to another process. An address means nothing there, so a callable that
// crosses is an object without state, known by its type.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

// The function F as an object:
//
//     double area(double radius);
//     inline constexpr bobbin::fn<&area> area_of;
//     std::vector<double> areas = co_await pool.map(area_of, radii);
template <auto F>
struct fn {
    template <class... Args>
    constexpr auto operator()(Args&&... args) const
        -> decltype(std::invoke(F, std::forward<Args>(args)...)) {
        return std::invoke(F, std::forward<Args>(args)...);
    }
};

// True for what can cross: `fn`, lambdas without captures, functors without members, and what
// `bind` and `apply` make of these.
template <class F>
inline constexpr bool crosses = std::is_empty_v<F>&& std::is_default_constructible_v<F>;

}}  // namespace bobbin::v0
