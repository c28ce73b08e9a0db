#pragma once

#include <bobbin/ipc/detail/encoding/callable_codec.hpp>
#include <bobbin/ipc/worker_state.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// A call of F, whose result stays where it was made, as the state of its type.
template <class F>
struct keeping {
    [[no_unique_address]] F f;

    template <class... Args>
    void operator()(Args&&... args) const {
        using state = typename bobbin::detail::call<F, std::decay_t<Args>...>::result;
        static_cast<void>(worker_state<state>(
            [&]() -> decltype(auto) { return std::invoke(f, std::forward<Args>(args)...); }));
    }
};

template <class F>
struct callable_codec<keeping<F>> {
    static void put(encoder& to, const keeping<F>& whole) { callable_codec<F>::put(to, whole.f); }
    static keeping<F> get(decoder& from) { return {callable_codec<F>::get(from)}; }
};

}}}  // namespace bobbin::v0::ipc::detail
