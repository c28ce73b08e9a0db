// What travels of a callable: nothing of one without state, which is known by its type; of what
// `bind` and `apply` make, the bound arguments.
#pragma once

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/apply.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>

#include <tuple>
#include <utility>

namespace bobbin { inline namespace v0 {

struct detail::callable_access {
    template <class F, class... Bound>
    static const F& inner(const bound<F, Bound...>& whole) {
        return whole.f_;
    }
    template <class F, class... Bound>
    static const std::tuple<Bound...>& arguments(const bound<F, Bound...>& whole) {
        return whole.bound_;
    }
    template <class F, class... Bound>
    static bound<F, Bound...> make(F f, std::tuple<Bound...> args) {
        return bound<F, Bound...>(std::move(f), std::move(args));
    }
    template <class F>
    static const F& inner(const applied<F>& whole) {
        return whole.f_;
    }
};

namespace ipc::detail {

using bobbin::detail::callable_access;

template <class F>
struct callable_codec {
    static void put(encoder& /*to*/, const F& /*f*/) {}
    static F get(decoder& /*from*/) { return F{}; }
};

template <class F, class... Bound>
struct callable_codec<bound<F, Bound...>> {
    static void put(encoder& to, const bound<F, Bound...>& f) {
        callable_codec<F>::put(to, callable_access::inner(f));
        std::apply([&](const Bound&... each) { (to.put(each), ...); },
                   callable_access::arguments(f));
    }
    static bound<F, Bound...> get(decoder& from) {
        F inner = callable_codec<F>::get(from);
        std::tuple<Bound...> args{from.get<Bound>()...};
        return callable_access::make<F, Bound...>(std::move(inner), std::move(args));
    }
};

template <class F>
struct callable_codec<applied<F>> {
    static void put(encoder& to, const applied<F>& f) {
        callable_codec<F>::put(to, callable_access::inner(f));
    }
    static applied<F> get(decoder& from) { return applied<F>(callable_codec<F>::get(from)); }
};

template <class F>
struct callable_codec<bobbin::detail::star<F>> {
    static void put(encoder& to, const bobbin::detail::star<F>& f) {
        callable_codec<F>::put(to, f.f);
    }
    static bobbin::detail::star<F> get(decoder& from) { return {callable_codec<F>::get(from)}; }
};

}  // namespace ipc::detail
}}  // namespace bobbin::v0
