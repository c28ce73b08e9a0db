// Goal: what the driver asks of workers before it sleeps follows from what is under way and who
// waits, and a worker wakes it at the moments that go with that. Method: tables, and the states one
// after another, without a thread or a clock.
#include "pool/driver_sleep.hpp"

#include <array>
#include <doctest/doctest.h>

namespace {

using bobbin::ipc::detail::driver_sleep;
using bobbin::ipc::detail::is_due;
using bobbin::ipc::detail::wake_up;
using bobbin::ipc::detail::wake_up_moment;

constexpr bool has_jobs = true;
constexpr bool is_awaited = true;

wake_up begin(driver_sleep& sleep, bool any_jobs = has_jobs, bool awaited = is_awaited) {
    return sleep.begin(wake_up::coalesced, any_jobs, awaited);
}

}  // namespace

TEST_CASE("a worker wakes who asked at the moments that are urgent enough") {
    using enum wake_up_moment;
    struct row {
        wake_up asked;
        std::array<bool, 5> due;  // as the moments below
    };
    constexpr std::array moments = {after_result, before_job, worth_a_ring, out_of_jobs,
                                    out_of_room};
    constexpr std::array table = {
        row{wake_up::none, {false, false, false, false, false}},
        row{wake_up::deferred, {false, false, false, false, true}},
        row{wake_up::coalesced, {false, false, true, true, true}},
        row{wake_up::prompt, {true, true, true, true, true}},
        row{wake_up::prompt_waiter, {true, true, true, true, true}},
        row{wake_up{77}, {true, true, true, true, true}},  // no value of ours
    };
    for (const row& each : table)
        for (std::size_t i = 0; i < moments.size(); ++i) {
            CAPTURE(static_cast<int>(each.asked));
            CAPTURE(i);
            CHECK(is_due(each.asked, moments.at(i)) == each.due.at(i));
        }
}

TEST_CASE("what the driver asks for follows from jobs under way and who waits") {
    driver_sleep sleep;
    CHECK(begin(sleep, has_jobs, is_awaited) == wake_up::coalesced);
    CHECK(begin(sleep, has_jobs, !is_awaited) == wake_up::deferred);
    CHECK(begin(sleep, !has_jobs, is_awaited) == wake_up::prompt);
    CHECK(begin(sleep, !has_jobs, !is_awaited) == wake_up::prompt);
    CHECK(sleep.begin(wake_up::prompt, has_jobs, is_awaited) == wake_up::prompt);
    CHECK(sleep.begin(wake_up::prompt, has_jobs, !is_awaited) == wake_up::prompt);
}

TEST_CASE("only what is deferred is hurried, and once") {
    driver_sleep sleep;
    CHECK_FALSE(sleep.hurry());
    begin(sleep, has_jobs, is_awaited);
    CHECK_FALSE(sleep.hurry());
    begin(sleep, has_jobs, !is_awaited);
    CHECK(sleep.hurry());
    CHECK_FALSE(sleep.hurry());
}

TEST_CASE("a nap that lasts ends in a look, after which the driver sleeps") {
    driver_sleep sleep;
    begin(sleep);
    REQUIRE(sleep.needs_timer());
    sleep.timer_is_set();
    CHECK(sleep.has_come());
}

TEST_CASE("a driver that was awake meanwhile naps on, for as long again") {
    driver_sleep sleep;
    begin(sleep);
    REQUIRE(sleep.needs_timer());
    sleep.timer_is_set();
    begin(sleep);
    CHECK_FALSE(sleep.needs_timer());  // it is set already
    CHECK_FALSE(sleep.has_come());
    REQUIRE(sleep.needs_timer());
    sleep.timer_is_set();
    CHECK(sleep.has_come());
}

TEST_CASE("a timer that could not be set is set again") {
    driver_sleep sleep;
    begin(sleep);
    CHECK(sleep.needs_timer());
    CHECK(sleep.needs_timer());
}

TEST_CASE("a driver that sleeps needs no timer, and one that comes late finds it so") {
    driver_sleep sleep;
    begin(sleep);
    REQUIRE(sleep.needs_timer());
    sleep.timer_is_set();
    begin(sleep);
    CHECK_FALSE(sleep.needs_timer());
    begin(sleep, !has_jobs);
    CHECK_FALSE(sleep.needs_timer());
    CHECK(sleep.has_come());  // a look more costs nothing
}
