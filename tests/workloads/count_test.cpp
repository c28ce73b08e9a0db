// Goal: each way of counting gives what it promises: (1) nothing, (2) everything, through shared
// memory, and (3) everything, without. Method: counts that are known, of few that count for long
// and of many that count once; way 3 on every pool.

#include "every_pool.hpp"

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/workloads/count.hpp>

#include <doctest/doctest.h>
#include <vector>

namespace {

using bobbin::count_step;
using bobbin::counting;
using bobbin::tally;

const std::vector<int> store_of_thirty = {30, 33, 36, 39, 42, 45, 48, 51, 54, 57};

// A function with a default argument, as one without.
template <auto F>
tally safely(const counting& work) {
    return F(work, count_step::atomic);
}

}  // namespace

TEST_CASE("(1) what processes count in a global is lost, the second time too") {
    for (int time = 0; time < 2; ++time) {
        CHECK(bobbin::count_by_global({.counters = 30, .increments = 7}) ==
              tally{.counted = 0, .store = store_of_thirty});
    }
}

TEST_CASE("(2) what processes count in shared memory is all there") {
    for (const auto count : {safely<&bobbin::count_by_value>, &bobbin::count_by_locked_value,
                             safely<&bobbin::count_by_array>, &bobbin::count_by_shards}) {
        CHECK(count({.counters = 30, .increments = 7}) ==
              tally{.counted = 210, .store = store_of_thirty});
        CHECK(count({.counters = 3, .increments = 100'000}).counted == 300'000);
    }
}

TEST_CASE("(2) a load and a store never count too much, and right if nobody else counts") {
    for (const auto count : {&bobbin::count_by_value, &bobbin::count_by_array}) {
        const auto unsafe = count_step::load_and_store;
        const auto counted = count({.counters = 3, .increments = 100'000}, unsafe).counted;
        CHECK(counted > 0);
        CHECK(counted <= 300'000);
        CHECK(count({.counters = 1, .increments = 100'000}, unsafe).counted == 100'000);
    }
}

TEST_CASE("(3) what jobs return is all there, on every pool") {
    tests::on_every_pool([](auto& pool) {
        CHECK(bobbin::sync_wait(
                  bobbin::count_by_map_reduce(pool, {.counters = 30, .increments = 7})) ==
              tally{.counted = 210, .store = store_of_thirty});
        CHECK(bobbin::sync_wait(
                  bobbin::count_by_map_reduce(pool, {.counters = 10'000, .increments = 1'000'000}))
                  .counted == 10'000'000'000);
    });
}

TEST_CASE("no counters count nothing") {
    const tally nothing{.counted = 0, .store = std::vector<int>(10)};
    CHECK(bobbin::count_by_value({.counters = 0, .increments = 7}) == nothing);
    tests::on_every_pool([&](auto& pool) {
        CHECK(bobbin::sync_wait(
                  bobbin::count_by_map_reduce(pool, {.counters = 0, .increments = 7})) == nothing);
    });
}
