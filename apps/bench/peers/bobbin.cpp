// bobbin itself: the tasks of workloads/, and the awaits of the stack suite.
#include "../harness/stack_gauge.hpp"
#include "peers.hpp"
#include "pi_job.hpp"
#include "serial.hpp"

#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/workloads/fib.hpp>
#include <bobbin/workloads/skynet.hpp>

#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace bench::peers {
namespace {

using bobbin::task;

task<std::uint64_t> one_job(pi_work work, std::uint64_t index) {
    co_return pi_job(work, index);
}

task<std::uint64_t> all_jobs(pi_work work) {
    std::vector<task<std::uint64_t>> jobs;
    jobs.reserve(work.jobs);
    for (std::uint64_t i = 0; i < work.jobs; ++i) {
        jobs.push_back(one_job(work, i));
    }
    const std::vector<std::uint64_t> hits = co_await bobbin::when_all(std::move(jobs));
    co_return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
}

task<std::uint64_t> all_jobs_in_a_loop(pi_work work) {
    std::vector<std::uint64_t> hits(work.jobs);
    const auto job = [&hits, &work](std::uint64_t i) { hits[i] = pi_job(work, i); };
    co_await bobbin::parallel_for(std::uint64_t{0}, work.jobs, job);
    co_return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
}

run_result pi(unsigned workers, const pi_work& work, task<std::uint64_t> (*root)(pi_work)) {
    std::optional<bobbin::thread_pool> pool;  // made in the time, ended after it
    return timed([&] {
        pool.emplace(bobbin::thread_pool_options{.threads = workers});
        return bobbin::sync_wait(*pool, root(work));
    });
}

task<std::uint64_t> one() {
    co_return 1;
}

task<std::uint64_t> loop(std::uint64_t count) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        sum += co_await one();
    }
    co_return sum;
}

task<std::uint64_t> recursion(std::uint64_t count) {
    if (count == 0) {
        co_return 0;
    }
    co_return 1 + co_await recursion(count - 1);
}

// Gauge and work run in one task on a pool of one, so on one thread.
task<std::pair<std::uint64_t, std::size_t>> gauged(task<std::uint64_t> work, bool with_gauge) {
    std::optional<stack_gauge> gauge;
    if (with_gauge) {
        gauge.emplace();
    }
    const std::uint64_t value = co_await std::move(work);
    co_return std::pair(value, gauge ? gauge->used() : std::size_t{0});
}

run_result run_gauged(task<std::uint64_t> work, bool with_gauge) {
    bobbin::thread_pool pool({.threads = 1});
    std::size_t stack_bytes = 0;
    run_result result = timed([&] {
        const auto [value, bytes] = bobbin::sync_wait(pool, gauged(std::move(work), with_gauge));
        stack_bytes = bytes;
        return value;
    });
    result.stack_bytes = stack_bytes;
    return result;
}

}  // namespace

run_result bobbin_fib(unsigned workers, int n) {
    bobbin::thread_pool pool({.threads = workers});
    return timed([&] { return bobbin::sync_wait(pool, bobbin::fib(n)); });
}

run_result bobbin_skynet(unsigned workers, int depth) {
    const auto leaves = static_cast<long>(skynet_leaves(depth));
    bobbin::thread_pool pool({.threads = workers});
    return timed([&] { return bobbin::sync_wait(pool, bobbin::skynet(0, leaves)); });
}

run_result bobbin_pi(unsigned workers, const pi_work& work) {
    return pi(workers, work, all_jobs);
}

run_result bobbin_parallel_for_pi(unsigned workers, const pi_work& work) {
    return pi(workers, work, all_jobs_in_a_loop);
}

run_result bobbin_loop(std::uint64_t count, bool with_gauge) {
    return run_gauged(loop(count), with_gauge);
}

run_result bobbin_recursion(std::uint64_t count, bool with_gauge) {
    return run_gauged(recursion(count), with_gauge);
}

}  // namespace bench::peers
