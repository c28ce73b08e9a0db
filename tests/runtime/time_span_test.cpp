// Goal: a length of time or a moment, of whatever type, means to bobbin what it says; what is too
// far away to be counted stays far away, on its side.
// Method: values of every unit and kind, their edges, and those around the edges of ours.

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <chrono>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <stdexcept>
#include <support/edge_times.hpp>

namespace {

using namespace std::chrono_literals;
namespace chrono = std::chrono;
using bobbin::deadline;
using bobbin::time_span;
using bobbin::to_string;
using chrono::nanoseconds;

constexpr time_span shortest = nanoseconds::min();

constexpr nanoseconds ns(time_span time) {
    return time.nanoseconds();
}

// A clock of a user's, which stands still.
struct stopped_clock {
    using duration = chrono::seconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = chrono::time_point<stopped_clock>;
    [[maybe_unused]] static constexpr bool is_steady = false;
    static time_point now() { return time_point(1000s); }
};

}  // namespace

TEST_CASE("a time span is what it was made of, in every unit") {
    CHECK(ns({}) == 0ns);
    CHECK(ns(5ns) == 5ns);
    CHECK(ns(-5ns) == -5ns);
    CHECK(ns(7us) == 7000ns);
    CHECK(ns(10ms) == 10'000'000ns);
    CHECK(ns(-3s) == -3'000'000'000ns);
    CHECK(ns(2h) == 7'200'000'000'000ns);
    CHECK(ns(chrono::years(100)) == chrono::years(100));
    CHECK(ns(tests::centuries(2)) == tests::centuries(2));
    CHECK(ns(tests::femtoseconds(3'000'000)) == 3ns);
    CHECK(ns(tests::attoseconds::max()) == 9'223'372'037ns);
    CHECK(ns(chrono::duration<std::uint64_t, std::milli>(5)) == 5ms);
    CHECK(ns(chrono::duration<std::int8_t, std::ratio<3600>>(5)) == 5h);
    CHECK(ns(chrono::duration<double>(0.1)) == 100ms);
    CHECK(ns(chrono::duration<float>(0.25F)) == 250ms);
    CHECK(ns(chrono::duration<double, std::milli>(7)) == 7ms);
    CHECK(ns(chrono::duration<double>(-1e-3)) == -1ms);
    CHECK(ns(tests::real_years(0)) == 0ns);
    static_assert(time_span(1s) == 1000ms && time_span(1s) < 1001ms);
}

TEST_CASE("no time that is not zero becomes zero") {
    CHECK(ns(tests::femtoseconds(1)) == 1ns);
    CHECK(ns(tests::femtoseconds(-1)) == -1ns);
    CHECK(ns(tests::picoseconds(1001)) == 2ns);
    CHECK(ns(tests::picoseconds(-1001)) == -2ns);
    CHECK(ns(tests::video_frames(1)) == 33'366'667ns);
    CHECK(ns(chrono::duration<double>(1e-300)) == 1ns);
    CHECK(ns(chrono::duration<double>(-1e-300)) == -1ns);
    CHECK(ns(chrono::duration<float>(std::numeric_limits<float>::denorm_min())) == 1ns);
    CHECK(ns(chrono::duration<double>(-0.0)) == 0ns);
}

TEST_CASE("what is longer than the longest is endless, what is shorter than the shortest is that") {
    constexpr auto most = nanoseconds::max();
    CHECK(!time_span(most - 1ns).is_endless());
    CHECK(time_span(most).is_endless());
    CHECK(ns(chrono::floor<chrono::seconds>(most)) == chrono::floor<chrono::seconds>(most));
    CHECK(time_span(chrono::ceil<chrono::seconds>(most)).is_endless());
    CHECK(ns(chrono::ceil<chrono::years>(nanoseconds::min())) ==
          chrono::ceil<chrono::years>(nanoseconds::min()));
    CHECK(time_span(chrono::floor<chrono::years>(nanoseconds::min())) == shortest);
    const auto reach_beyond = []<class... Units>(Units...) {
        CHECK((time_span(Units::max()).is_endless() && ...));
        CHECK(((time_span(Units::min()) == shortest) && ...));
    };
    reach_beyond(1ns, 1us, 1ms, 1s, 1min, 1h, chrono::days(1), chrono::weeks(1), chrono::years(1),
                 tests::video_frames(1), tests::centuries(1), tests::millennia(1));
    CHECK(time_span(chrono::duration<std::uint64_t>::max()).is_endless());
    CHECK(time_span(tests::millennia(1)).is_endless());
    CHECK(time_span(tests::millennia(-1)) == shortest);
    CHECK(time_span(tests::millennia(0)) == time_span::zero);
    CHECK(time_span(tests::real_seconds(1e300)).is_endless());
    CHECK(time_span(tests::real_seconds(-1e300)) == shortest);
}

TEST_CASE("an infinite time is endless, one that is no number is refused") {
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    CHECK(time_span(tests::real_seconds(infinity)).is_endless());
    CHECK(time_span(tests::real_seconds(-infinity)) == shortest);
    CHECK_THROWS_AS(time_span(tests::real_seconds(tests::not_a_number)), std::invalid_argument);
    CHECK_THROWS_AS(time_span(tests::real_years(tests::not_a_number)), std::invalid_argument);
    CHECK_THROWS_AS(deadline(chrono::time_point<chrono::system_clock, tests::real_seconds>(
                        tests::not_a_number)),
                    std::invalid_argument);
}

TEST_CASE("sums of times end at the edges, and what is endless stays so") {
    CHECK(time_span(2s) + time_span(3ms) == 2003ms);
    CHECK(time_span(2s) - time_span(3s) == -1s);
    CHECK((time_span(nanoseconds::max() - 1ns) + time_span(1ns)).is_endless());
    CHECK((time_span(nanoseconds::max() - 1ns) + time_span(5h)).is_endless());
    CHECK((time_span(1h) - shortest).is_endless());
    CHECK(shortest + time_span(-1ns) == shortest);
    CHECK(shortest - time_span(1h) == shortest);
    CHECK(time_span(-1h) - time_span::endless < time_span::zero);
    CHECK((time_span::endless - time_span(1h)).is_endless());
    CHECK((time_span::endless + time_span(-1h)).is_endless());
    CHECK((time_span::endless + shortest).is_endless());
}

TEST_CASE("a time span as text has the largest unit that says it exactly") {
    CHECK(to_string(10s) == "10 s");
    CHECK(to_string(1500ms) == "1500 ms");
    CHECK(to_string(2h) == "7200 s");
    CHECK(to_string(1'000'001ns) == "1000001 ns");
    CHECK(to_string(7us) == "7 us");
    CHECK(to_string(-3ms) == "-3 ms");
    CHECK(to_string(time_span::zero) == "0 s");
    CHECK(to_string(time_span::endless) == "endless");
}

TEST_CASE("a time that is over gives a deadline that has passed, a long one another that has not") {
    for (const time_span each : tests::times_that_are_over()) {
        CAPTURE(each.nanoseconds().count());
        CHECK(deadline::after(each).has_passed());
        CHECK(deadline::after(each).remaining() == time_span::zero);
    }
    for (const time_span each : tests::times_that_do_not_pass()) {
        CAPTURE(each.nanoseconds().count());
        CHECK(!deadline::after(each).has_passed());
        CHECK(deadline::after(each).remaining() > 1h);
        CHECK((!each.is_endless() || deadline::after(each).is_never()));
    }
}

TEST_CASE("a moment of any clock is a deadline as far away as that clock says") {
    for (const deadline each : tests::moments_that_have_passed()) {
        CAPTURE(each.time().time_since_epoch().count());
        CHECK(each.has_passed());
    }
    const auto now = chrono::steady_clock::now();
    CHECK(deadline(now).time() == now);
    CHECK(deadline(chrono::time_point_cast<chrono::hours>(now)).time() <= now);
    CHECK(deadline(chrono::steady_clock::time_point::max()).is_never());
    CHECK(deadline(chrono::time_point<chrono::steady_clock, chrono::hours>::max()).is_never());
    CHECK(deadline(chrono::time_point<chrono::system_clock, chrono::hours>::max()).is_never());

    const auto is_about = [](deadline at, time_span wait) {
        return at.remaining() <= wait && at.remaining() > wait - time_span(50min);
    };
    CHECK(is_about(chrono::system_clock::now() + 2h, 2h));
    CHECK(is_about(chrono::file_clock::now() + 2h, 2h));
    CHECK(is_about(stopped_clock::time_point(1000s + 2h), 2h));
    CHECK(deadline(stopped_clock::time_point(999s)).has_passed());
    CHECK(deadline(stopped_clock::time_point::min()).has_passed());
    CHECK(deadline(stopped_clock::time_point::max()).is_never());
    const auto year_9999 = chrono::sys_days(chrono::year(9999) / chrono::January / 1);
    CHECK(deadline(year_9999).remaining() > chrono::years(100));
}

TEST_CASE("never does not pass, and now has passed") {
    CHECK(deadline::never.is_never());
    CHECK(!deadline::never.has_passed());
    CHECK(deadline::never.remaining().is_endless());
    CHECK(deadline::now.has_passed());
    CHECK(!deadline::now.is_never());
    CHECK(deadline::now < deadline::after(0s));
    CHECK(deadline::after(1h) < deadline::never);
}
