// Until when: the one type in which bobbin takes moments.
#pragma once

#include <bobbin/runtime/time_span.hpp>

#include <chrono>
#include <compare>
#include <concepts>

namespace bobbin { inline namespace v0 {

// A moment of the steady clock, or `never`, which does not come. Made of any time point: one
// out of the clock's reach is never, or has passed. One of another clock is as far away as that
// clock says when the deadline is made; setting that clock later does not move it.
//
// Throws std::invalid_argument for a NaN.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    static const deadline never;
    static const deadline now;  // passed already: does not wait

    template <class Clock, class Duration>
    deadline(std::chrono::time_point<Clock, Duration> at)  // NOLINT: meant to be implicit
        : deadline(of(at)) {}

    // So long from now.
    static deadline after(time_span wait) noexcept { return deadline(since_start() + wait); }

    [[nodiscard]] constexpr bool is_never() const noexcept { return since_start_.is_endless(); }
    [[nodiscard]] bool has_passed() const noexcept {
        return !is_never() && since_start() >= since_start_;
    }
    // Not negative.
    [[nodiscard]] time_span remaining() const noexcept {
        return is_never()     ? time_span::endless
               : has_passed() ? time_span::zero
                              : since_start_ - since_start();
    }
    // The clock's last moment, if it is never.
    [[nodiscard]] constexpr clock::time_point time() const noexcept {
        return clock::time_point(since_start_.nanoseconds());
    }

    friend constexpr auto operator<=>(deadline, deadline) noexcept = default;

private:
    explicit constexpr deadline(time_span since_start) noexcept : since_start_(since_start) {}

    template <class Clock, class Duration>
    static deadline of(std::chrono::time_point<Clock, Duration> at) {
        const time_span since_epoch = at.time_since_epoch();
        if constexpr (std::same_as<Clock, clock>) return deadline(since_epoch);
        return after(since_epoch - time_span(Clock::now().time_since_epoch()));
    }
    static time_span since_start() noexcept { return clock::now().time_since_epoch(); }

    time_span since_start_;
};

inline constexpr deadline deadline::never{time_span::endless};
inline constexpr deadline deadline::now{time_span(std::chrono::nanoseconds::min())};

}}  // namespace bobbin::v0
