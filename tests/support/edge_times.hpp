// Times at the edges of their types, in every unit, as users may give them.
#pragma once

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <vector>

namespace tests {

using attoseconds = std::chrono::duration<std::int64_t, std::atto>;
using femtoseconds = std::chrono::duration<std::int64_t, std::femto>;
using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
using video_frames = std::chrono::duration<std::int64_t, std::ratio<1001, 30000>>;
using centuries = std::chrono::duration<std::int64_t, std::ratio<3'155'760'000>>;
using millennia = std::chrono::duration<std::int64_t, std::ratio<31'557'600'000>>;
using real_milliseconds = std::chrono::duration<float, std::milli>;
using real_seconds = std::chrono::duration<double>;
using real_years = std::chrono::duration<long double, std::chrono::years::period>;

// Calls `call` with a zero of each unit, from the shortest to the longest.
template <class Call>
void for_each_unit(Call call) {
    namespace chrono = std::chrono;
    const auto all = [&](auto... zeros) { (call(zeros), ...); };
    all(attoseconds::zero(), femtoseconds::zero(), picoseconds::zero(), chrono::nanoseconds::zero(),
        chrono::microseconds::zero(), chrono::milliseconds::zero(), video_frames::zero(),
        chrono::duration<std::int32_t>::zero(), chrono::seconds::zero(), chrono::minutes::zero(),
        chrono::hours::zero(), chrono::days::zero(), chrono::weeks::zero(), chrono::months::zero(),
        chrono::years::zero(), centuries::zero(), millennia::zero(), real_milliseconds::zero(),
        real_seconds::zero(), real_years::zero());
}

inline std::vector<bobbin::time_span> times_that_are_over() {
    std::vector<bobbin::time_span> all;
    for_each_unit([&]<class Unit>(Unit zero) {
        using number = std::numeric_limits<typename Unit::rep>;
        for (const Unit each : {zero, Unit(-1), Unit::min() + Unit(1), Unit::min()})
            all.emplace_back(each);
        if constexpr (number::has_infinity) all.emplace_back(Unit(-number::infinity()));
    });
    return all;
}

inline std::vector<bobbin::time_span> times_that_do_not_pass() {
    std::vector<bobbin::time_span> all;
    for_each_unit([&]<class Unit>(Unit) {
        using number = std::numeric_limits<typename Unit::rep>;
        for (const bobbin::time_span each : {Unit::max(), Unit::max() - Unit(1), Unit::max() / 2})
            if (each > std::chrono::hours(1)) all.push_back(each);  // not of attoseconds
        if constexpr (number::has_infinity) all.emplace_back(Unit(number::infinity()));
    });
    return all;
}

inline std::vector<bobbin::deadline> moments_that_have_passed() {
    namespace chrono = std::chrono;
    const auto new_year = [](int year) {
        return chrono::sys_days(chrono::year(year) / chrono::January / 1);
    };
    std::vector<bobbin::deadline> all = {new_year(1), new_year(1601), new_year(1970),
                                         chrono::steady_clock::now(), chrono::system_clock::now()};
    for_each_unit([&]<class Unit>(Unit) {
        all.emplace_back(chrono::time_point<chrono::steady_clock, Unit>::min());
        all.emplace_back(chrono::time_point<chrono::system_clock, Unit>::min());
    });
    return all;
}

inline std::vector<bobbin::deadline> moments_that_do_not_come() {
    namespace chrono = std::chrono;
    std::vector<bobbin::deadline> all;
    for_each_unit([&]<class Unit>(Unit) {
        for (const bobbin::deadline each :
             {bobbin::deadline(chrono::time_point<chrono::steady_clock, Unit>::max()),
              bobbin::deadline(chrono::time_point<chrono::system_clock, Unit>::max())})
            if (each.remaining() > chrono::hours(1)) all.push_back(each);
    });
    return all;
}

inline constexpr real_seconds not_a_number(std::numeric_limits<double>::quiet_NaN());

}  // namespace tests
