// bobbin's ways of handing out jobs. The caller is a task on the pool, as in an application.
#include "job_list.hpp"
#include "peers.hpp"

#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <numeric>
#include <ranges>
#include <utility>
#include <vector>

namespace bench::peers {
namespace {

using bobbin::task;
using bobbin::thread_pool;

template <class Job>
task<std::uint64_t> map(thread_pool& pool, std::uint64_t count, Job job, std::size_t chunk) {
    const bobbin::map_options options{.chunk_size = chunk == 0 ? bobbin::automatic : chunk};
    auto mapped = pool.map(job, std::views::iota(std::uint64_t{0}, count), options);
    const std::vector<std::uint64_t> values = co_await std::move(mapped);
    co_return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

template <class Job>
task<std::uint64_t> map_unordered(thread_pool& pool, std::uint64_t count, Job job) {
    std::uint64_t sum = 0;
    auto results = pool.map_unordered(job, std::views::iota(std::uint64_t{0}, count));
    while (auto each = co_await results.next()) {
        sum += each->value();
    }
    co_return sum;
}

template <class Job>
task<std::uint64_t> submit(thread_pool& pool, std::uint64_t count, Job job) {
    std::vector<bobbin::job<std::uint64_t>> jobs;
    jobs.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        jobs.push_back(pool.submit(job, i));
    }
    std::uint64_t sum = 0;
    for (auto& each : jobs) {
        sum += co_await std::move(each);
    }
    co_return sum;
}

// `make(pool, job)` returns the root task.
template <class Make>
run_result on_pool(unsigned workers, const job_list& jobs, Make make) {
    thread_pool pool({.threads = workers});
    return with_job(jobs, [&](auto job) {
        return timed([&] { return bobbin::sync_wait(pool, make(pool, job)); });
    });
}

}  // namespace

run_result bobbin_map(unsigned workers, const job_list& jobs, std::size_t chunk) {
    return on_pool(workers, jobs,
                   [&](thread_pool& pool, auto job) { return map(pool, jobs.count, job, chunk); });
}

run_result bobbin_map_unordered(unsigned workers, const job_list& jobs) {
    return on_pool(workers, jobs, [&](thread_pool& pool, auto job) {
        return map_unordered(pool, jobs.count, job);
    });
}

run_result bobbin_submit(unsigned workers, const job_list& jobs) {
    return on_pool(workers, jobs,
                   [&](thread_pool& pool, auto job) { return submit(pool, jobs.count, job); });
}

}  // namespace bench::peers
