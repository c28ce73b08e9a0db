// What each peer can run. Every function does one complete run and returns its time and its value;
// what a runtime has nothing sensible to offer for is not there.
#pragma once

#include "../harness/run.hpp"

#include <cstddef>
#include <cstdint>

namespace bench::peers {

// `jobs` Monte-Carlo jobs of `samples` each; the value is the number of points inside the circle.
// The threads are started inside the time wherever the runtime lets us say when.
struct pi_work {
    std::uint64_t jobs;
    std::uint64_t samples;
};

run_result serial_fib_run(unsigned workers, int n);
run_result serial_skynet_run(unsigned workers, int depth);
run_result serial_pi(unsigned workers, const pi_work& work);

// Plain threads that draw job numbers from one atomic: as fast as sharing out the jobs can be.
run_result threads_pi(unsigned workers, const pi_work& work);

run_result bobbin_fib(unsigned workers, int n);
run_result bobbin_skynet(unsigned workers, int depth);
run_result bobbin_pi(unsigned workers, const pi_work& work);
run_result bobbin_parallel_for_pi(unsigned workers, const pi_work& work);

run_result tbb_fib(unsigned workers, int n);
run_result tbb_skynet(unsigned workers, int depth);
run_result tbb_pi(unsigned workers, const pi_work& work);

run_result openmp_fib(unsigned workers, int n);
run_result openmp_skynet(unsigned workers, int depth);
run_result openmp_pi(unsigned workers, const pi_work& work);

run_result asio_callbacks_fib(unsigned workers, int n);
run_result asio_callbacks_skynet(unsigned workers, int depth);
run_result asio_callbacks_pi(unsigned workers, const pi_work& work);

run_result asio_tasks_fib(unsigned workers, int n);
run_result asio_tasks_skynet(unsigned workers, int depth);
run_result asio_tasks_pi(unsigned workers, const pi_work& work);

run_result std_async_fib(unsigned workers, int n);
run_result std_async_skynet(unsigned workers, int depth);
run_result std_async_pi(unsigned workers, const pi_work& work);

// The stack suite: `count` awaits of a ready child in a loop, and `count` of them one inside the
// other. With `with_gauge` the run also reports its peak stack; its time then means nothing.
run_result serial_loop(std::uint64_t count, bool with_gauge);
run_result serial_recursion(std::uint64_t count, bool with_gauge);
run_result bobbin_loop(std::uint64_t count, bool with_gauge);
run_result bobbin_recursion(std::uint64_t count, bool with_gauge);
run_result asio_awaitable_loop(std::uint64_t count, bool with_gauge);
run_result asio_awaitable_recursion(std::uint64_t count, bool with_gauge);
run_result asio_tasks_loop(std::uint64_t count, bool with_gauge);
run_result asio_tasks_recursion(std::uint64_t count, bool with_gauge);

// The dispatch suite: one run of a list of jobs, on threads that are already there. The value is
// the sum of the jobs'.
struct job_list;
run_result threads_jobs(unsigned workers, const job_list& jobs);
// `chunk` jobs at a time; 0 is automatic.
run_result bobbin_map(unsigned workers, const job_list& jobs, std::size_t chunk);
run_result bobbin_map_unordered(unsigned workers, const job_list& jobs);
run_result bobbin_submit(unsigned workers, const job_list& jobs);
run_result tbb_for_jobs(unsigned workers, const job_list& jobs);
run_result tbb_group_jobs(unsigned workers, const job_list& jobs);
run_result asio_callbacks_jobs(unsigned workers, const job_list& jobs);
run_result std_async_jobs(unsigned workers, const job_list& jobs);
run_result python_threads(unsigned workers, const job_list& jobs);
run_result python_processes(unsigned workers, const job_list& jobs);

}  // namespace bench::peers
