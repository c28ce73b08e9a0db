// Goal: deaths of workers count for as long as the pool's limit says, at its edges, too. Method: a
// simulated clock.
#include "pool/recent_deaths.hpp"

#include <doctest/doctest.h>
#include <string>

namespace {

using bobbin::time_span;
using bobbin::ipc::detail::recent_deaths;
using clock = recent_deaths::clock;
using namespace std::chrono_literals;

constexpr clock::time_point start{1h};

}  // namespace

TEST_CASE(
    "as many deaths as are allowed are not too many; one more is, and says which was the last") {
    recent_deaths deaths({.most = 2, .period = 10s});
    CHECK_FALSE(deaths.are_too_many(start));
    deaths.count("worker 1 was killed", start);
    deaths.count("worker 2 was killed", start);
    CHECK_FALSE(deaths.are_too_many(start));
    deaths.count("worker 3 was killed", start + 1s);
    CHECK(deaths.are_too_many(start + 1s).value_or("") ==
          "3 workers have died within 10 s. The last death: worker 3 was killed");
}

TEST_CASE("a death longer ago than the period does not count") {
    recent_deaths deaths({.most = 1, .period = 10s});
    deaths.count("the first", start);
    deaths.count("the second", start + 10s);
    CHECK(deaths.are_too_many(start + 10s));
    CHECK_FALSE(deaths.are_too_many(start + 10s + 1ns));
}

TEST_CASE("with an endless period every death counts") {
    recent_deaths deaths({.most = 0, .period = time_span::endless});
    deaths.count("the only one", start);
    CHECK(deaths.are_too_many(start + 100 * 8766h).value_or("") ==
          "a worker has died. The last death: the only one");
}

TEST_CASE("a period that is not positive holds no death") {
    for (const time_span period : {time_span(-1s), time_span(clock::duration::min())}) {
        recent_deaths deaths({.most = 0, .period = period});
        deaths.count("any", start);
        CHECK_FALSE(deaths.are_too_many(start));
    }
}
