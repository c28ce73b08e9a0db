// What a pool's options in time mean when they are as long as there are, not positive, or none.
// That something does not happen is seen when another pool, with a short time, has come to it.
#include "workers.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>

#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <limits>
#include <stdexcept>
#include <support/edge_times.hpp>
#include <vector>

using namespace bobbin;
using namespace std::chrono_literals;

namespace {

constexpr auto infinity = tests::real_seconds(std::numeric_limits<double>::infinity());

const std::vector<time_span> long_times = {
    time_span::endless,        std::chrono::milliseconds::max(), std::chrono::seconds::max(),
    std::chrono::hours::max(), std::chrono::years(10),           infinity};

int waits_for(const ipc::event& go) {
    go.wait();
    return 1;
}

void dies() {
    ::raise(SIGKILL);
}

}  // namespace

TEST_CASE("an idle time that does not pass leaves the workers where they are") {
    for (const time_span each : long_times) {
        CAPTURE(to_string(each));
        ipc::process_pool_options options(1);
        options.idle_timeout = each;
        ipc::process_pool pool(options);
        options.idle_timeout = 1ms;
        ipc::process_pool other(options);
        const int worker = pool.submit(test::pid_there).get();
        CHECK(test::await_end(other.submit(test::pid_there).get()));
        CHECK(pool.submit(test::pid_there).get() == worker);
    }
}

TEST_CASE("an idle time that is not positive ends the workers as soon as there is no job") {
    ipc::process_pool_options options(1);
    for (const time_span each : {time_span(-1ns), time_span(std::chrono::hours::min())}) {
        options.idle_timeout = each;
        ipc::process_pool pool(options);
        for (int i = 0; i < 2; ++i) CHECK(test::await_end(pool.submit(test::pid_there).get()));
    }
}

TEST_CASE("a time of grace that does not pass lets jobs end after stop()") {
    for (const time_span each : long_times) {
        CAPTURE(to_string(each));
        const ipc::event go;
        ipc::process_pool_options options(1);
        options.grace = each;
        ipc::process_pool pool(options);
        options.grace = 1ms;
        ipc::process_pool other(options);
        const auto job = pool.submit(fn<&waits_for>(), go);
        const auto others = other.submit(fn<&waits_for>(), go);
        REQUIRE(test::await([&] { return job.running() && others.running(); }));
        pool.stop();
        other.stop();
        CHECK_THROWS_AS(others.get(), cancelled);
        ipc::event(go).set();
        CHECK(job.get() == 1);
    }
}

TEST_CASE("a time of grace that is not positive is none") {
    for (const time_span each :
         {time_span::zero, time_span(-1s), time_span(std::chrono::hours::min())}) {
        ipc::process_pool_options options(1);
        options.grace = each;
        ipc::process_pool pool(options);
        const auto job = pool.submit(fn<&waits_for>(), ipc::event());
        REQUIRE(test::await([&] { return job.running(); }));
        pool.stop();
        CHECK_THROWS_AS(job.get(), cancelled);
    }
}

TEST_CASE("all deaths count in a period of restarts that does not end") {
    for (const time_span each : long_times) {
        CAPTURE(to_string(each));
        ipc::process_pool_options options(1);
        options.restart_intensity = {.most = 2, .period = each};
        ipc::process_pool pool(options);
        for (int i = 0; i < 3; ++i)
            CHECK_THROWS_AS(pool.submit(fn<&dies>()).get(), ipc::worker_died);
        CHECK_THROWS_AS(pool.submit(test::pid_there).get(), ipc::pool_broken);
    }
}

TEST_CASE("no death counts in a period of restarts that is not positive") {
    for (const time_span each :
         {time_span::zero, time_span(-1s), time_span(std::chrono::hours::min())}) {
        ipc::process_pool_options options(1);
        options.restart_intensity = {.most = 1, .period = each};
        ipc::process_pool pool(options);
        for (int i = 0; i < 5; ++i)
            CHECK_THROWS_AS(pool.submit(fn<&dies>()).get(), ipc::worker_died);
        CHECK(pool.submit(test::pid_there).get() > 1);
    }
}

TEST_CASE("an option that is no number is refused") {
    ipc::process_pool_options options(1);
    CHECK_THROWS_AS(options.grace = tests::not_a_number, std::invalid_argument);
    CHECK_THROWS_AS(options.idle_timeout = tests::not_a_number, std::invalid_argument);
    CHECK_THROWS_AS(options.restart_intensity.period = tests::not_a_number, std::invalid_argument);
}

TEST_CASE("a process is joined in time, however much of it there is") {
    for (const time_span each : tests::times_that_do_not_pass()) {
        CAPTURE(to_string(each));
        ipc::process child([] { return 3; });
        CHECK(child.join_for(each)->code == 3);
    }
    const ipc::event go;
    ipc::process child(fn<&waits_for>(), go);
    for (const time_span each : tests::times_that_are_over()) CHECK(!child.join_for(each));
    ipc::event(go).set();
    CHECK(child.join().code == 1);
}
