// What has several values at once: one after the other.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <chrono>
#include <complex>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class First, class Second>
struct codec<std::pair<First, Second>> {
    using parts = types<First, Second>;
    static constexpr std::size_t least() { return least_bytes(parts()); }

    static void put(encoder& to, const std::pair<First, Second>& value) {
        to(value.first, value.second);
    }
    // Braces are decoded from left to right.
    static std::pair<First, Second> get(decoder& from) {
        return std::pair<First, Second>{from.get<std::remove_cv_t<First>>(),
                                        from.get<std::remove_cv_t<Second>>()};
    }
};

template <class... T>
struct codec<std::tuple<T...>> {
    using parts = types<T...>;
    static constexpr std::size_t least() { return least_bytes(parts()); }

    static void put(encoder& to, const std::tuple<T...>& value) { std::apply(to, value); }
    static std::tuple<T...> get([[maybe_unused]] decoder& from) {
        return std::tuple<T...>{from.get<std::remove_cv_t<T>>()...};
    }
};

// Of long doubles; others are bytewise, as are durations and time points of such.
template <class T>
struct codec<std::complex<T>> {
    using parts = types<T>;
    static constexpr std::size_t least() { return 2 * least_bytes<T>(); }

    static void put(encoder& to, const std::complex<T>& value) { to(value.real(), value.imag()); }
    static std::complex<T> get(decoder& from) { return {from.get<T>(), from.get<T>()}; }
};

template <class Number, class Period>
struct codec<std::chrono::duration<Number, Period>> {
    using duration = std::chrono::duration<Number, Period>;
    using parts = types<Number>;
    static constexpr std::size_t least() { return least_bytes<Number>(); }

    static void put(encoder& to, const duration& value) { to.put(value.count()); }
    static duration get(decoder& from) { return duration(from.get<Number>()); }
};

// It has padding; other dates are bytewise.
template <>
struct codec<std::chrono::year_month> {
    using year_month = std::chrono::year_month;
    using parts = types<std::chrono::year, std::chrono::month>;
    static constexpr std::size_t least() { return least_bytes(parts()); }

    static void put(encoder& to, const year_month& value) { to(value.year(), value.month()); }
    static year_month get(decoder& from) {
        return year_month{from.get<std::chrono::year>(), from.get<std::chrono::month>()};
    }
};

template <class Clock, class Duration>
struct codec<std::chrono::time_point<Clock, Duration>> {
    using time_point = std::chrono::time_point<Clock, Duration>;
    using parts = types<Duration>;
    static constexpr std::size_t least() { return least_bytes<Duration>(); }

    static void put(encoder& to, const time_point& value) { to.put(value.time_since_epoch()); }
    static time_point get(decoder& from) { return time_point(from.get<Duration>()); }
};

}}}  // namespace bobbin::v0::ipc::detail
