// bobbin's pool of processes, called by plain code if nothing else is said.
#include "../harness/resident.hpp"
#include "job_list.hpp"
#include "pause.hpp"
#include "processes.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <numeric>
#include <ranges>
#include <thread>
#include <utility>
#include <vector>

namespace bench::peers {
namespace {

using bobbin::ipc::process_pool;

// The jobs of a job_list, as functions without captures and what they are given.
struct busy_args {
    std::uint64_t steps;
    std::uint64_t seed;
};
struct busy_there {
    std::uint64_t operator()(const busy_args& args) const { return compute(args.steps, args.seed); }
};
struct sampling_args {
    std::uint64_t samples;
    std::uint64_t index;
};
struct sampling_there {
    std::uint64_t operator()(const sampling_args& args) const {
        return pi_job({.jobs = 0, .samples = args.samples}, args.index);
    }
};

// `use(job, inputs)`
template <class Use>
auto with_crossing_job(const job_list& jobs, Use use) {
    switch (jobs.what) {
        case job_list::kind::busy: {
            std::vector<busy_args> inputs;
            inputs.reserve(jobs.count);
            for (std::uint64_t i = 0; i < jobs.count; ++i) {
                inputs.push_back({.steps = (*jobs.steps)[i], .seed = i});
            }
            return use(busy_there{}, inputs);
        }
        case job_list::kind::pi: {
            std::vector<sampling_args> inputs;
            inputs.reserve(jobs.count);
            for (std::uint64_t i = 0; i < jobs.count; ++i) {
                inputs.push_back({.samples = jobs.pi_samples, .index = i});
            }
            return use(sampling_there{}, inputs);
        }
        case job_list::kind::no_op:
            break;
    }
    const auto inputs = std::views::iota(std::uint64_t{0}, jobs.count);
    return use(no_op_job{}, inputs);
}

// The first jobs find the workers still starting.
void warm_up(auto& pool) {
    constexpr std::uint64_t some = 100;
    bobbin::sync_wait(pool.map(no_op_job{}, std::views::iota(std::uint64_t{0}, some)));
}

run_result submit_to(auto& pool, const job_list& jobs) {
    warm_up(pool);
    std::vector<bobbin::job<std::uint64_t>> all;
    const std::size_t before = resident_bytes();
    run_result result = timed([&] {
        all.reserve(jobs.count);
        for (std::uint64_t i = 0; i < jobs.count; ++i) {
            all.push_back(pool.submit(no_op_job{}, i));
        }
        std::uint64_t sum = 0;
        for (const auto& each : all) {
            sum += each.get();
        }
        return sum;
    });
    result.resident_bytes = resident_bytes() - before;
    return result;
}

// `submit(i)` gives a job whose value is i. The pauses are not timed, nor is what comes first: as
// many at once as it takes for each worker to get one, and map what comes with it.
template <class Submit>
run_result make_trips(unsigned workers, std::uint64_t trips, Submit submit) {
    constexpr std::uint64_t some = 100;
    std::vector<bobbin::job<std::uint64_t>> first;
    for (std::uint64_t i = 0; i < some * workers; ++i) {
        first.push_back(submit(i));
    }
    for (const auto& each : first) {
        each.get();
    }
    run_result result;
    for (std::uint64_t i = 0; i < trips; ++i) {
        std::this_thread::sleep_for(pause_before_trip);
        const run_result trip = timed([&] { return submit(i).get(); });
        result.seconds += trip.seconds;
        result.value += trip.value;
    }
    return result;
}

// The same by a task.
bobbin::task<run_result> await_trips(process_pool& pool, std::uint64_t trips) {
    run_result result;
    for (std::uint64_t i = 0; i < trips; ++i) {
        co_await bobbin::sleep_for(pause_before_trip);
        const auto start = std::chrono::steady_clock::now();
        auto job = pool.submit(no_op_job{}, i);
        result.value += co_await std::move(job);
        result.seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    co_return result;
}

}  // namespace

run_result bobbin_process_map(unsigned workers, const job_list& jobs, std::size_t chunk) {
    process_pool pool(workers);
    warm_up(pool);
    return with_crossing_job(jobs, [&](auto job, const auto& inputs) {
        return timed([&] {
            const bobbin::map_options options{.chunk_size = chunk == 0 ? bobbin::automatic : chunk};
            const auto values = bobbin::sync_wait(pool.map(job, inputs, options));
            return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
        });
    });
}

run_result bobbin_process_submit(unsigned workers, const job_list& jobs) {
    process_pool pool(workers);
    return submit_to(pool, jobs);
}

run_result bobbin_thread_submit(unsigned workers, const job_list& jobs) {
    bobbin::thread_pool pool({.threads = workers});
    return submit_to(pool, jobs);
}

run_result bobbin_process_trip(unsigned workers, std::uint64_t trips) {
    process_pool pool(workers);
    return make_trips(workers, trips, [&](std::uint64_t i) { return pool.submit(no_op_job{}, i); });
}

run_result bobbin_process_array_trip(unsigned workers, std::uint64_t trips) {
    constexpr std::size_t size = (std::size_t{64} << 20U) / sizeof(double);
    // Made but once: what follows on zeroing that much is no part of a trip.
    static const bobbin::ipc::shared_array<double> array(size);
    process_pool pool(workers);
    return make_trips(workers, trips, [&pool](std::uint64_t i) {
        return pool.submit([](const bobbin::ipc::shared_array<double>& /*array*/,
                              std::uint64_t number) { return number; },
                           array, i);
    });
}

run_result bobbin_process_await(unsigned workers, std::uint64_t trips) {
    bobbin::thread_pool threads({.threads = workers});
    process_pool pool(workers);
    warm_up(pool);
    return bobbin::sync_wait(threads, await_trips(pool, trips));
}

}  // namespace bench::peers
