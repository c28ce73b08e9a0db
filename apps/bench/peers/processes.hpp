// What the peers can do with worker processes, for the suite processes. As in peers.hpp, each
// function does one complete run; the workers are there when its time begins, if nothing else is
// said.
#pragma once

#include "../harness/run.hpp"

#include <cstddef>
#include <cstdint>

namespace bench::peers {

struct job_list;

/// `chunk` jobs at a time; 0 is automatic.
run_result bobbin_process_map(unsigned workers, const job_list& jobs, std::size_t chunk);
/// No-ops, submitted one by one by a plain thread, then awaited in turn. Also says what that adds
/// to resident memory, which takes a fresh process.
run_result bobbin_process_submit(unsigned workers, const job_list& jobs);
run_result bobbin_thread_submit(unsigned workers, const job_list& jobs);

/// What handing out no-ops cannot beat: a bare ring of jobs and one of results for each child, with
/// the steps that a worker which may die at any moment makes necessary.
run_result lanes_jobs(unsigned workers, const job_list& jobs);
/// What sharing out longer jobs cannot beat: children that draw their numbers from one atomic.
run_result drawn_jobs(unsigned workers, const job_list& jobs);
/// A child for each no-op, one after another: fork, run, waitpid.
run_result forked_jobs(unsigned workers, const job_list& jobs);

/// No-ops are `int`, written in C; pi jobs are a loop in Python, whose value is how many of them
/// came near to pi.
run_result python_executor_map(unsigned workers, const job_list& jobs, std::size_t chunk);
run_result python_executor_submit(unsigned workers, const job_list& jobs);
run_result python_pool_map(unsigned workers, const job_list& jobs, std::size_t chunk);

/// One no-op at a time through a pool that has fallen asleep; the time to fall asleep is not
/// counted. `trips` of them, with the values 0 to trips - 1.
run_result bobbin_process_trip(unsigned workers, std::uint64_t trips);   ///< from a plain thread
run_result bobbin_process_await(unsigned workers, std::uint64_t trips);  ///< by a task on threads
run_result python_executor_trip(unsigned workers, std::uint64_t trips);
run_result python_pool_trip(unsigned workers, std::uint64_t trips);

}  // namespace bench::peers
