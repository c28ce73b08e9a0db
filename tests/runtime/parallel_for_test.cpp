// Goal: parallel_for calls its body once for each index, on any range and in every place, and stops
// when it should. Method: a count for every index; bodies that suspend, throw, or wait for each
// other.

#include "counted.hpp"
#include "gate.hpp"
#include "places.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using bobbin::parallel_for;
using bobbin::task;
using test::balanced;
using test::counted;
using test::in_every_place;
using test::in_every_pool;

// Seconds of work.
constexpr int length = 100'000'000;

// Calls for each index of [first, last).
template <std::integral Index>
class tally {
public:
    tally(Index first, Index last)
        : first_(first),
          calls_(first < last ? static_cast<std::size_t>(static_cast<std::int64_t>(last) -
                                                         static_cast<std::int64_t>(first))
                              : 0) {}
    void count(Index i) {
        calls_
            .at(static_cast<std::size_t>(static_cast<std::int64_t>(i) -
                                         static_cast<std::int64_t>(first_)))
            .fetch_add(1, std::memory_order_relaxed);
    }
    bool each_once() const {
        return std::all_of(calls_.begin(), calls_.end(),
                           [](const auto& calls) { return calls == 1; });
    }

private:
    Index first_;
    std::vector<std::atomic<int>> calls_;
};

template <std::integral Index>
void check_each_once(test::place& place, Index first, Index last) {
    tally<Index> of_calls(first, last);
    place.run(parallel_for(first, last, [&](Index i) { of_calls.count(i); }));
    CHECK(of_calls.each_once());

    tally<Index> of_tasks(first, last);
    auto body = [&](Index i) -> task<void> {
        of_tasks.count(i);
        co_return;
    };
    place.run(parallel_for(first, last, body));
    CHECK(of_tasks.each_once());
}

}  // namespace

TEST_CASE("every index of a range of any length is visited once") {
    in_every_place([](test::place& place) {
        for (const int count : {0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 1000, 100'003}) {
            CAPTURE(count);
            check_each_once(place, 0, count);
            check_each_once(place, -count / 2, count - count / 2);
        }
    });
}

TEST_CASE("every index of a range of any type is visited once, to the ends of the type") {
    in_every_place([](test::place& place) {
        check_each_once<std::int8_t>(place, -128, 127);
        check_each_once<std::uint8_t>(place, 0, 255);
        check_each_once<short>(place, -300, 300);
        check_each_once<unsigned short>(place, 65'000, 65'535);
        check_each_once<unsigned>(place, 4'294'967'000U, 4'294'967'295U);
        check_each_once<std::int64_t>(place, std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::min() + 1000);
        check_each_once<std::size_t>(place, 10, 1010);
    });
}

TEST_CASE("the widest range of a type does not overflow") {
    in_every_place([](test::place& place) {
        const auto fail = [](auto) { throw 42; };
        CHECK_THROWS_AS(place.run(parallel_for(std::numeric_limits<int>::min(),
                                               std::numeric_limits<int>::max(), fail)),
                        int);
        CHECK_THROWS_AS(place.run(parallel_for(std::numeric_limits<std::int64_t>::min(),
                                               std::numeric_limits<std::int64_t>::max(), fail)),
                        int);
        CHECK_THROWS_AS(place.run(parallel_for<std::uint64_t>(
                            0, std::numeric_limits<std::uint64_t>::max(), fail)),
                        int);
    });
}

TEST_CASE("nothing happens for a range that ends before it begins") {
    in_every_place([](test::place& place) {
        const auto never = [](int) { FAIL("called"); };
        place.run(parallel_for(1, 0, never));
        place.run(
            parallel_for(std::numeric_limits<int>::max(), std::numeric_limits<int>::min(), never));
    });
}

TEST_CASE("a body may suspend, hop and sleep") {
    in_every_pool([](test::place& place) {
        test::foreign_thread elsewhere;
        tally<int> visits(0, 200);
        auto body = [&](int i) -> task<void> {
            if (i % 3 == 0) co_await elsewhere;
            if (i % 3 == 1) co_await bobbin::sleep_for(std::chrono::microseconds(10));
            visits.count(i);
        };
        place.run(parallel_for(0, 200, body));
        CHECK(visits.each_once());
    });
}

TEST_CASE_FIXTURE(balanced,
                  "one copy of the body serves all calls, and none is made of one moved in") {
    in_every_place([](test::place& place) {
        std::atomic<int> sum = 0;
        auto body = [held = counted(1), &sum](int) { sum.fetch_add(held.value); };
        auto work = parallel_for(0, 1000, std::move(body));
        counted::forget_copies();
        place.run(std::move(work));
        CHECK(sum == 1000);
        CHECK(counted::copies() == 0);
    });
}

TEST_CASE("two threads take part in one range") {
    test::place place(2);
    for (int round = 0; round < 100; ++round) {
        // Neither call ends before the other has begun.
        std::atomic<int> begun = 0;
        place.run(parallel_for(0, 2, [&](int) {
            begun.fetch_add(1);
            while (begun < 2) std::this_thread::yield();
        }));
        CHECK(begun == 2);
    }
}

TEST_CASE("an error ends the loop, whatever it is") {
    in_every_place([](test::place& place) {
        for (const int failing : {0, 1, 500, 999}) {
            CAPTURE(failing);
            CHECK_THROWS_WITH_AS(place.run(parallel_for(0, 1000,
                                                        [&](int i) {
                                                            if (i == failing)
                                                                throw std::runtime_error("body");
                                                        })),
                                 "body", std::runtime_error);
            auto body = [&](int i) -> task<void> {
                if (i == failing) throw 42;
                co_return;
            };
            CHECK_THROWS_AS(place.run(parallel_for(0, 1000, body)), int);
        }
    });
}

TEST_CASE("after an error the rest of the range is left alone") {
    in_every_place([](test::place& place) {
        std::atomic<int> calls = 0;
        CHECK_THROWS_AS(place.run(parallel_for(0, length,
                                               [&](int) {
                                                   if (calls.fetch_add(1) == 1000) throw 42;
                                               })),
                        int);
        CHECK(calls < length / 2);
    });
}

TEST_CASE("of several errors that of the lowest index is thrown, where one thread calls in order") {
    for (const unsigned threads : {0U, 1U}) {
        test::place place(threads);
        int thrown = 0;
        try {
            place.run(parallel_for(0, 1000, [](int i) {
                if (i >= 300) throw i;
            }));
        } catch (int error) {
            thrown = error;
        }
        CHECK(thrown == 300);
    }
}

TEST_CASE("no call is running any more when the error is thrown") {
    in_every_pool([](test::place& place) {
        std::atomic<int> running = 0;
        auto work = [&]() -> task<int> {
            try {
                co_await parallel_for(0, 1000, [&](int i) {
                    running.fetch_add(1);
                    std::this_thread::yield();
                    running.fetch_sub(1);
                    if (i == 500) throw 42;
                });
            } catch (int) {
                co_return running.load();
            }
            co_return -1;
        };
        CHECK(place.run(work()) == 0);
    });
}

TEST_CASE("the pool's stop ends a long loop") {
    in_every_pool([](test::place& place) {
        std::atomic<int> calls = 0;
        CHECK_THROWS_AS(place.run(parallel_for(0, length,
                                               [&](int) {
                                                   if (calls.fetch_add(1) == 1000)
                                                       place.pool().stop();
                                               })),
                        bobbin::cancelled);
        CHECK(calls < length / 2);
    });
}

TEST_CASE("a sibling's error ends a long loop") {
    in_every_place([](test::place& place) {
        std::atomic<int> calls = 0;
        test::gate running;
        auto fail = [&]() -> task<void> {
            co_await running;
            throw 42;
        };
        auto loop = [&]() -> task<void> {
            co_await parallel_for(0, length / 5, [&](int) {
                if (calls.fetch_add(1) == 1000) running.open();
            });
        };
        // On one thread `fail` goes on in a turn that the loop leaves it; without a pool, after it.
        auto work = [&]() -> task<void> { co_await bobbin::when_all(fail(), loop()); };
        CHECK_THROWS_AS(place.run(work()), int);
        if (place.has_pool()) CHECK(calls < length / 5);
    });
}

TEST_CASE("Asio's handlers run while a loop keeps all threads busy") {
    in_every_pool([](test::place& place) {
        std::atomic<bool> seen = false;
        std::atomic<bool> posted = false;
        std::atomic<bool> in_time = false;
        // Without an end of its own: it ends when the handler has run.
        auto body = [&](int) {
            if (!posted.exchange(true))
                boost::asio::post(place.pool().get_executor(), [&] { seen = true; });
            if (seen && !in_time.exchange(true)) throw 42;
        };
        CHECK_THROWS_AS(place.run(parallel_for(0, std::numeric_limits<int>::max(), body)), int);
        CHECK(in_time);
    });
}
