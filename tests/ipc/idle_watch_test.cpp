// Goal: workers are let go when there was no job for the whole time, and only then. Method: the
// state alone, with times that have passed or never come.
#include "pool/idle_watch.hpp"

#include <doctest/doctest.h>

namespace {

using bobbin::deadline;
using bobbin::ipc::detail::idle_watch;
using verdict = idle_watch::verdict;

constexpr bool with_jobs = true;
constexpr bool without_jobs = false;

// A pool that has just become idle, and whose driver has set its timer.
idle_watch watched(deadline until) {
    idle_watch watch;
    CHECK(watch.begin(until));
    watch.timer_is_set();
    return watch;
}

}  // namespace

TEST_CASE("the driver is asked for a timer once, however often the last job ends") {
    idle_watch watch;
    CHECK_FALSE(watch.needs_timer());
    CHECK(watch.begin(deadline::never));
    CHECK(watch.needs_timer());
    CHECK_FALSE(watch.begin(deadline::never));
    watch.timer_is_set();
    CHECK_FALSE(watch.needs_timer());
    CHECK_FALSE(watch.begin(deadline::never));
}

TEST_CASE("workers are let go when the time is over and there is no job") {
    CHECK(watched(deadline::now).time_has_come(without_jobs) == verdict::let_go);
}

TEST_CASE("workers stay while there are jobs, and the next idleness is watched anew") {
    idle_watch watch = watched(deadline::now);
    CHECK(watch.time_has_come(with_jobs) == verdict::rest);
    CHECK(watch.begin(deadline::now));
    CHECK(watch.needs_timer());
}

TEST_CASE("jobs that came and went put off the time") {
    idle_watch watch = watched(deadline::now);
    CHECK_FALSE(watch.begin(deadline::never));
    CHECK(watch.time_has_come(without_jobs) == verdict::watch_on);
    CHECK(watch.until() == deadline::never);
}
