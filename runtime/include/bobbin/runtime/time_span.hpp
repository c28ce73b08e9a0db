// How long: the one type in which bobbin takes lengths of time.
#pragma once

#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>

namespace bobbin { inline namespace v0 {

// A whole number of nanoseconds, up to 292 years either way. Made of any std::chrono::duration,
// whatever it counts in and however far it reaches: what is longer than the longest is `endless`, a
// state of its own that no sum leaves, and what is shorter than the shortest is that. So nothing
// that is late becomes early by an overflow.
//
// What lies between two nanoseconds becomes one of them, and zero only if it is zero. Making one of
// a NaN throws std::invalid_argument.
class time_span {
public:
    static const time_span zero;
    static const time_span endless;

    constexpr time_span() noexcept = default;  // zero
    template <class Rep, class Period>
    constexpr time_span(std::chrono::duration<Rep, Period> time)  // NOLINT: meant to be implicit
        : count_(count_of(time)) {}

    [[nodiscard]] constexpr bool is_endless() const noexcept { return count_ == most; }
    // Nanoseconds::max() if it is endless.
    [[nodiscard]] constexpr std::chrono::nanoseconds nanoseconds() const noexcept {
        return std::chrono::nanoseconds(count_);
    }

    friend constexpr auto operator<=>(time_span, time_span) noexcept = default;

    // Saturate.
    friend constexpr time_span operator+(time_span a, time_span b) noexcept {
        if (a.is_endless() || b.is_endless()) return time_span(most);
        std::int64_t sum = 0;
        if (__builtin_add_overflow(a.count_, b.count_, &sum))
            return time_span(a.count_ < 0 ? least : most);
        return time_span(sum);
    }
    friend constexpr time_span operator-(time_span a, time_span b) noexcept {
        if (a.is_endless()) return a;
        std::int64_t difference = 0;
        if (__builtin_sub_overflow(a.count_, b.count_, &difference))
            return time_span(a.count_ < 0 ? least : most);
        return time_span(difference);
    }

private:
    static constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

    explicit constexpr time_span(std::int64_t count) noexcept : count_(count) {}

    template <class Rep, class Period>
    static constexpr std::int64_t count_of(std::chrono::duration<Rep, Period> time);

    std::int64_t count_ = 0;
};

inline constexpr time_span time_span::zero{};
inline constexpr time_span time_span::endless{most};

// "1500 ms": in the largest unit up to the second that leaves no remainder; or "endless".
std::string to_string(time_span time);

namespace detail {
[[noreturn]] void refuse_not_a_number();
}  // namespace detail

template <class Rep, class Period>
constexpr std::int64_t time_span::count_of(std::chrono::duration<Rep, Period> time) {
    constexpr std::int64_t nanoseconds = 1'000'000'000;
    if constexpr (std::integral<Rep>) {
        // Wide enough for each product of a count, a unit's numerator and this.
        __extension__ typedef __int128 wide;  // NOLINT: an alias is no extension
        static_assert(sizeof(Rep) <= sizeof(std::int64_t));
        // A unit of more than a century would need more: any such number of them is out of reach.
        if constexpr (Period::num / Period::den > most / nanoseconds)
            return time.count() == 0 ? 0 : time.count() < 0 ? least : most;
        constexpr wide per_unit = wide{Period::num} * nanoseconds;
        const wide product = wide{time.count()} * per_unit;
        const wide whole = product / Period::den;
        const wide rest = product % Period::den;
        const wide away_from_zero = whole + (rest > 0 ? 1 : rest < 0 ? -1 : 0);
        if (away_from_zero >= most) return most;
        if (away_from_zero <= least) return least;
        return static_cast<std::int64_t>(away_from_zero);
    } else {
        const auto count = std::chrono::duration<long double>(time).count() * nanoseconds;
        if (count >= static_cast<long double>(most)) return most;
        if (count <= static_cast<long double>(least)) return least;
        if (count > 0) return count < 1 ? 1 : static_cast<std::int64_t>(count + 0.5L);
        if (count < 0) return count > -1 ? -1 : static_cast<std::int64_t>(count - 0.5L);
        if (!(count <= 0)) detail::refuse_not_a_number();
        return 0;
    }
}

}}  // namespace bobbin::v0
