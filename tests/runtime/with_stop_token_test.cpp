// Goal: whoever has a token's source can stop a task, at any moment and from any thread.
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/with_stop_token.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <chrono>
#include <doctest/doctest.h>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace {

using namespace std::chrono_literals;
using bobbin::task;
using bobbin::with_stop_token;
using test::in_every_place;
using test::in_every_pool;

task<int> stopped_by(std::stop_source& source) {
    source.request_stop();
    co_return 3;
}
task<void> fail() {
    throw std::runtime_error("lost");
    co_return;
}

}  // namespace

TEST_CASE("a stop that was asked for before, or meanwhile, reaches the task") {
    in_every_place([](test::place& place) {
        std::stop_source source;
        const auto ask = [&]() -> task<void> {
            source.request_stop();
            co_await test::until_stopped();
        };
        for (int round = 0; round < 2; ++round)
            CHECK_THROWS_AS(place.run(with_stop_token(source.get_token(), ask())),
                            bobbin::cancelled);
    });
}

TEST_CASE("the task's value and error stand, whatever the token says") {
    in_every_place([](test::place& place) {
        std::stop_source source;
        CHECK(place.run(with_stop_token(source.get_token(), stopped_by(source))) == 3);
        CHECK_THROWS_WITH_AS(place.run(with_stop_token(source.get_token(), fail())), "lost",
                             std::runtime_error);
        CHECK(place.run(with_stop_token(std::stop_token(), stopped_by(source))) == 3);
    });
}

TEST_CASE("a stop from further out reaches the task, too") {
    in_every_pool([](test::place& place) {
        std::stop_source source;
        CHECK_THROWS_AS(place.run(bobbin::with_timeout(
                            1ms, with_stop_token(source.get_token(), test::until_stopped()))),
                        bobbin::timed_out);
    });
}

TEST_CASE("stops from another thread, at any moment of a task's life") {
    in_every_pool([](test::place& place) {
        for (int round = 0; round < 300; ++round) {
            std::stop_source source;
            std::thread other([&] {
                for (int i = 0; i < round; ++i) std::this_thread::yield();
                source.request_stop();
            });
            const auto sleep = [&]() -> task<void> {
                // Over at once in some rounds, and only by the stop in others.
                co_await bobbin::sleep_for(round % 2 == 0 ? 1us : 1h);
            };
            try {
                place.run(with_stop_token(source.get_token(), sleep()));
                CHECK(round % 2 == 0);
            } catch (const bobbin::cancelled&) {
                CHECK(source.stop_requested());
            }
            other.join();
        }
    });
}
