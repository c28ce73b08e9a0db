// Jobs on a pool of processes: what handing one out costs, how automatic chunks stand against fixed
// ones, and how long one job takes through a pool that sleeps.
#include "../peers/processes.hpp"

#include "../harness/suite.hpp"
#include "../peers/ipc.hpp"
#include "../peers/peers.hpp"
#include "../peers/python.hpp"
#include "job_mixes.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace bench {
namespace {

using peers::job_list;

// How many no-ops the slow ones do.
constexpr std::uint64_t in_python = 2'000;
constexpr std::uint64_t in_python_chunks = 50'000;
constexpr std::uint64_t forked = 200;
constexpr std::uint64_t python_pi = 100;

using map_function = run_result (*)(unsigned workers, const job_list& jobs, std::size_t chunk);

auto with_chunk(map_function map, std::size_t chunk) {
    return
        [map, chunk](unsigned workers, const job_list& jobs) { return map(workers, jobs, chunk); };
}

void add_python_maps(std::vector<job_peer>& peers, const std::string& name, map_function map,
                     job_list::kind what) {
    if (what == job_list::kind::pi) {
        peers.push_back({name, with_chunk(map, 1), python_pi, false, true});
        return;
    }
    peers.push_back({name, with_chunk(map, 1), in_python});
    peers.push_back({name + " 100", with_chunk(map, 100), in_python_chunks});
}

std::vector<job_peer> map_peers(const job_mix& mix, bool python) {
    using enum job_list::kind;
    std::vector<job_peer> all = {
        {"limit", mix.what == no_op ? peers::lanes_jobs : peers::drawn_jobs},
        {"bobbin", with_chunk(peers::bobbin_process_map, 0)}};
    for (const std::size_t chunk : mix.chunks) {
        all.push_back(
            {fmt::format("bobbin chunk {}", chunk), with_chunk(peers::bobbin_process_map, chunk)});
    }
    if (mix.what == pi) {
        all.push_back({"threads", with_chunk(peers::bobbin_map, 0)});
        all.push_back({"threads chunk 1", with_chunk(peers::bobbin_map, 1)});
    }
    if (mix.what == no_op) {
        all.push_back({"fork", peers::forked_jobs, forked, true});
    }
    if (python && mix.what != busy) {
        add_python_maps(all, "Python executor", peers::python_executor_map, mix.what);
        add_python_maps(all, "Python Pool", peers::python_pool_map, mix.what);
    }
    return all;
}

std::vector<job_peer> submit_peers(bool python) {
    std::vector<job_peer> all = {{"limit", peers::lanes_jobs},
                                 {"bobbin", peers::bobbin_process_submit, 0, true},
                                 {"threads", peers::bobbin_thread_submit, 0, true}};
    if (python) {
        all.push_back({"Python executor", peers::python_executor_submit, in_python});
    }
    return all;
}

// One job at a time.
struct trip_peer {
    const char* name;
    run_result (*run)(unsigned workers, std::uint64_t trips);
};

run_result futex_trip(std::uint64_t trips, bool anywhere) {
    return peers::futex_trip({.count = trips, .anywhere = anywhere});
}

void add_trips(suite& suite, const suite_size& size, bool python) {
    std::vector<trip_peer> all = {
        {"limit", [](unsigned, std::uint64_t trips) { return futex_trip(trips, true); }},
        {"futex on two cores",
         [](unsigned, std::uint64_t trips) { return futex_trip(trips, false); }},
        {"bobbin", peers::bobbin_process_trip},
        {"bobbin co_await", peers::bobbin_process_await},
        {"bobbin array", peers::bobbin_process_array_trip},
    };
    if (python) {
        all.push_back({"Python executor", peers::python_executor_trip});
        all.push_back({"Python Pool", peers::python_pool_trip});
    }
    const std::uint64_t trips = size.quick ? 8 : 100;
    for (const trip_peer& peer : all) {
        suite.contenders.push_back({.runtime = peer.name,
                                    .work = "round trip",
                                    .workers = size.workers,
                                    .tasks = trips,
                                    .expected = [trips] { return trips * (trips - 1) / 2; },
                                    .run = [run = peer.run, workers = size.workers,
                                            trips] { return run(workers, trips); }});
    }
}

void add_large(suite& suite, const suite_size& size, bool python) {
    constexpr std::size_t mebibyte = 1U << 20U;
    const peers::large_work work{.workers = size.workers,
                                 .bytes = size.quick ? mebibyte : 64 * mebibyte,
                                 .trips = size.quick ? 1U : 3U};
    const auto add = [&](const char* name, run_result (*run)(const peers::large_work&)) {
        suite.contenders.push_back({.runtime = name,
                                    .work = "64 MiB",
                                    .workers = work.workers,
                                    .tasks = work.trips,
                                    .expected = [work] { return work.trips; },
                                    .run = [run, work] { return run(work); }});
    };
    add("limit", peers::copied_vector);
    add("bobbin", peers::bobbin_process_vector);
    if (python) {
        add("Python executor", peers::python_executor_vector);
    }
}

struct start_peer {
    const char* name;
    run_result (*run)(const peers::start_work& work);
    std::uint64_t count = 1;
    std::size_t touched = 0;
    bool there = true;
};

void add_starts(suite& suite, const char* name, unsigned workers,
                const std::vector<start_peer>& starts) {
    for (const start_peer& peer : starts) {
        const peers::start_work work{
            .workers = workers, .count = peer.count, .touched = peer.touched};
        if (peer.there) {
            suite.contenders.push_back({.runtime = peer.name,
                                        .work = name,
                                        .workers = workers,
                                        .tasks = work.count,
                                        .expected = [work] { return work.count; },
                                        .run = [run = peer.run, work] { return run(work); },
                                        .fresh = true});
        }
    }
}

void add_all_starts(suite& suite, const suite_size& size, bool python) {
    constexpr std::size_t gibibyte = 1U << 30U;
    const std::uint64_t some = size.quick ? 2 : 10;
    constexpr std::uint64_t few = 3;
    const bool large = !size.quick;  // takes its time
    add_starts(suite, "pool start", size.workers,
               {{"limit", peers::fork_start, some},
                {"posix_spawn", peers::spawn_start, some},
                {"bobbin", peers::bobbin_warm_pool, some},
                {"bobbin cold", peers::bobbin_cold_pool},
                {"Python Pool", peers::python_pool_start, 1, 0, python},
                {"Python executor", peers::python_executor_start, 1, 0, python}});
    add_starts(suite, "process start", 1,
               {{"limit", peers::fork_start, some},
                {"fork 1 GiB", peers::fork_start, few, gibibyte, large},
                {"bobbin", peers::bobbin_process_start, some},
                {"bobbin 1 GiB", peers::bobbin_process_start, few, gibibyte, large},
                {"bobbin forked", peers::bobbin_forked_start, some},
                {"std::thread", peers::thread_start, some},
                {"Python Process", peers::python_process_start, some, 0, python}});
}

}  // namespace

suite processes_suite(const suite_size& size) {
    suite suite{.name = "processes",
                .title = fmt::format("Processes: jobs on a pool of {} worker processes, or 1",
                                     size.workers),
                .task_name = "job",
                .limit = "limit",
                .tuned = "bobbin chunk "};
    // It takes a good part of a second to start, so a quick suite has little of it.
    const bool has_python = peers::has_python();
    const bool python = has_python && !size.quick;
    const double steps_per_us = peers::steps_per_microsecond();
    constexpr std::uint64_t most_jobs = 200'000;
    for (const job_mix& mix : all_job_mixes()) {
        const std::uint64_t count = size.quick ? mix.quick : std::min(mix.full, most_jobs);
        if (mix.what == job_list::kind::no_op) {
            add_job_peers(suite, mix, count, steps_per_us, 1, map_peers(mix, false));
            add_job_peers(suite, mix, count, steps_per_us, size.workers,
                          map_peers(mix, has_python));
            add_job_peers(suite, mix, count, steps_per_us, size.workers, submit_peers(python),
                          "submit");
        } else {
            add_job_peers(suite, mix, count, steps_per_us, size.workers, map_peers(mix, python));
        }
    }
    add_trips(suite, size, python);
    add_large(suite, size, python);
    add_all_starts(suite, size, python);
    suite.notes = {
        "limit: for no-ops, bare rings in shared memory to each child and back, with the steps "
        "that a pool whose workers may die has to take; for other jobs, children that draw job "
        "numbers from one atomic; for a round trip, a futex between two processes that sleep (on "
        "two "
        "cores: kept on one each); for 64 MiB, the copies into and out of memory that both have "
        "touched before; for starts, fork and waitpid of a process that does nothing.",
        "bobbin: process_pool::map with automatic chunks, called by plain code; chunk N: with N "
        "jobs a chunk. Submit: one by one, then get() of each; memory is what stays while all "
        "jobs are kept. Round trip: submit and get() after a pause in which all fall asleep, "
        "which is not counted; co_await: the same by a task on threads; array: with a shared_array "
        "of 64 MiB as argument. threads: a thread_pool.",
        "pi: 10,000 samples a job; mixed: see dispatch. fork: a child for each job, one after "
        "another. Jobs are no-ops where nothing else is said, workers are there before.",
        "Pool start: until the first job is done, with the fork server there before; cold: "
        "without. posix_spawn: this program, which ends at once. Process start: to its end; "
        "bobbin: by the fork server, which is there before; forked: a copy of the parent, as "
        "fork. 1 GiB: the parent has touched that much. Each is in a fresh process.",
        "Peak memory is the parent's.",
    };
    if (has_python) {
        suite.notes.emplace_back(
            "Python: ProcessPoolExecutor and multiprocessing.Pool (fork), chunks of 1 or 100 of "
            "the C function int, 64 MiB as an array, pi in Python; timed by itself.");
    }
    return suite;
}

}  // namespace bench
