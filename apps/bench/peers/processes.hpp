// What the peers can do with worker processes, for the suite processes. As in peers.hpp, each
// function does one complete run; the workers are there when its time begins, if nothing else is
// said.
#pragma once

#include "../harness/run.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench::peers {

struct job_list;

// `chunk` jobs at a time; 0 is automatic.
run_result bobbin_process_map(unsigned workers, const job_list& jobs, std::size_t chunk);
// No-ops, submitted one by one by a plain thread, then awaited in turn. Also says what that adds
// to resident memory, which takes a fresh process.
run_result bobbin_process_submit(unsigned workers, const job_list& jobs);
run_result bobbin_thread_submit(unsigned workers, const job_list& jobs);

// What handing out no-ops cannot beat: a bare ring of jobs and one of results for each child, with
// the steps that a worker which may die at any moment makes necessary.
run_result lanes_jobs(unsigned workers, const job_list& jobs);
// What sharing out longer jobs cannot beat: children that draw their numbers from one atomic.
run_result drawn_jobs(unsigned workers, const job_list& jobs);
// A child for each no-op, one after another: fork, run, waitpid.
run_result forked_jobs(unsigned workers, const job_list& jobs);

// No-ops are `int`, written in C; pi jobs are a loop in Python, whose value is how many of them
// came near to pi.
run_result python_executor_map(unsigned workers, const job_list& jobs, std::size_t chunk);
run_result python_executor_submit(unsigned workers, const job_list& jobs);
run_result python_pool_map(unsigned workers, const job_list& jobs, std::size_t chunk);

// One no-op at a time through a pool that has fallen asleep; the time to fall asleep is not
// counted. `trips` of them, with the values 0 to trips - 1.
run_result bobbin_process_trip(unsigned workers, std::uint64_t trips);   // from a plain thread
run_result bobbin_process_await(unsigned workers, std::uint64_t trips);  // by a task on threads
// Takes a shared_array of 64 MiB along, which the workers have mapped before.
run_result bobbin_process_array_trip(unsigned workers, std::uint64_t trips);
run_result python_executor_trip(unsigned workers, std::uint64_t trips);
run_result python_pool_trip(unsigned workers, std::uint64_t trips);

// A vector of doubles as argument and result of a job that gives it back. The value is how many
// came back as they were.
struct large_work {
    unsigned workers = 1;
    std::size_t bytes = 0;
    std::uint64_t trips = 0;
};
run_result bobbin_process_vector(const large_work& work);
// The copies and nothing else: into memory that both have had before, a vector of that, and the
// same on the way back.
run_result copied_vector(const large_work& work);
run_result python_executor_vector(const large_work& work);

// Starting something until it has done something, `count` times, which is the value. These have to
// run in fresh processes: fork costs what the process has touched, and wants no threads.
struct start_work {
    unsigned workers = 1;  // of pools
    std::uint64_t count = 1;
    std::size_t touched = 0;  // bytes that the process has written to before
};
// A pool and its first job. Cold: the process has had no pool before, so there is no fork server
// either; `count` is 1.
run_result bobbin_cold_pool(const start_work& work);
run_result bobbin_warm_pool(const start_work& work);
run_result python_pool_start(const start_work& work);      // `count` is 1
run_result python_executor_start(const start_work& work);  // `count` is 1
// A process that does nothing, and its end. The fork server is there, but for a forked one.
run_result bobbin_process_start(const start_work& work);
run_result bobbin_forked_start(const start_work& work);
run_result fork_start(const start_work& work);
run_result spawn_start(const start_work& work);  // this program, which ends after init()
run_result thread_start(const start_work& work);
run_result python_process_start(const start_work& work);

// The argument with which main ends at once.
constexpr std::string_view ends_at_once = "--end-at-once";

}  // namespace bench::peers
