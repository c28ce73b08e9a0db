// Counting together, in the three ways of the course notebook "Multi-Core Parallelism" (In57-In64).
// Each of a number of counters counts to `increments`, and adds its own number to one of ten places
// of a store.
//
// (1) Processes with a global variable: each has its own copy, and the parent reads 0.
// (2) Processes with shared memory: a value, an array, a counter in parts.
// (3) Map and reduce, on any pool: nothing is shared, each job returns what it has counted.
#pragma once

#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/workloads/map_reduce.hpp>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bobbin { inline namespace v0 {

struct counting {
    std::uint64_t counters = 100;  // processes or jobs
    std::uint64_t increments = 1;  // of each
};

struct tally {
    std::int64_t counted = 0;
    // The numbers of the counters, from 0, added up by their last digit. (The notebook goes by the
    // number of the process, so that chance decides what is where.)
    std::vector<int> store;

    friend bool operator==(const tally&, const tally&) = default;
};

// How a shared number is incremented.
enum class count_step : std::uint8_t {
    atomic,         // `++`, which loses nothing
    load_and_store  // as Python's `value += 1`: what others do between the two is lost
};

// Ways 1 and 2 start a process for each counter, and all count at once. They throw
// std::system_error if there is no process or no shared memory to be had, std::runtime_error if a
// process fails. They fork: call them while there is one thread (see ipc/process.hpp).

tally count_by_global(const counting& work);
tally count_by_value(const counting& work, count_step step = count_step::atomic);
// A load and a store, under the value's lock.
tally count_by_locked_value(const counting& work);
// One element of an array.
tally count_by_array(const counting& work, count_step step = count_step::atomic);
// A number for each process, added up when somebody asks.
tally count_by_shards(const counting& work);

namespace detail {

inline constexpr std::size_t store_places = 10;

struct counter_job {
    std::uint64_t number;
    std::uint64_t increments;
};
struct counted_part {
    std::int64_t counted;
    std::int64_t numbers;
};
// Nobody else sees the job's count until it is there.
struct count_alone {
    void operator()(const counter_job& job, auto& emit) const {
        emit(job.number % store_places, {.counted = static_cast<std::int64_t>(job.increments),
                                         .numbers = static_cast<std::int64_t>(job.number)});
    }
};
struct add_parts {
    counted_part operator()(const counted_part& a, const counted_part& b) const {
        return {.counted = a.counted + b.counted, .numbers = a.numbers + b.numbers};
    }
};

std::vector<counter_job> jobs_of(const counting& work);
tally tally_of(const std::unordered_map<std::uint64_t, counted_part>& parts);

}  // namespace detail

// Way 3. Throws as map_reduce.
template <pool P>
task<tally> count_by_map_reduce(P& pool, counting work) {
    const auto parts = co_await map_reduce<std::uint64_t, detail::counted_part>(
        pool, detail::count_alone(), detail::add_parts(), detail::jobs_of(work));
    co_return detail::tally_of(parts);
}

}}  // namespace bobbin::v0
