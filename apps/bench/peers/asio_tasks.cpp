// bobbin's own task type on a bare boost::asio::thread_pool: each task first posts its resumption
// there. The same coroutines with somebody else's scheduler.
#include "../harness/stack_gauge.hpp"
#include "peers.hpp"
#include "pi_job.hpp"
#include "serial.hpp"

#include <bobbin/runtime/here.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <coroutine>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace bench::peers {
namespace {

namespace asio = boost::asio;
using bobbin::task;

// Awaited, it resumes the coroutine in a handler of the pool.
class hop {
public:
    explicit hop(asio::thread_pool& pool) : pool_(&pool) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const {
        asio::post(*pool_, [waiting] { waiting.resume(); });
    }
    void await_resume() const noexcept {}

private:
    asio::thread_pool* pool_;
};

task<std::uint64_t> fib(asio::thread_pool& pool, int n) {
    co_await bobbin::here(hop(pool));
    if (n < 2) {
        co_return static_cast<std::uint64_t>(n);
    }
    const auto [a, b] = co_await bobbin::when_all(fib(pool, n - 1), fib(pool, n - 2));
    co_return a + b;
}

task<std::uint64_t> skynet(asio::thread_pool& pool, std::uint64_t first, int depth) {
    co_await bobbin::here(hop(pool));
    if (depth == 0) {
        co_return first;
    }
    const std::uint64_t stride = skynet_leaves(depth - 1);
    std::array<task<std::uint64_t>, skynet_children> children;
    for (unsigned i = 0; i < skynet_children; ++i) {
        children[i] = skynet(pool, first + i * stride, depth - 1);
    }
    const auto sums = co_await bobbin::when_all(std::move(children));
    co_return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

task<std::uint64_t> one_job(asio::thread_pool& pool, pi_work work, std::uint64_t index) {
    co_await bobbin::here(hop(pool));
    co_return pi_job(work, index);
}

task<std::uint64_t> all_jobs(asio::thread_pool& pool, pi_work work) {
    std::vector<task<std::uint64_t>> jobs;
    jobs.reserve(work.jobs);
    for (std::uint64_t i = 0; i < work.jobs; ++i) {
        jobs.push_back(one_job(pool, work, i));
    }
    const auto hits = co_await bobbin::when_all(std::move(jobs));
    co_return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
}

task<std::uint64_t> one(asio::thread_pool& pool) {
    co_await bobbin::here(hop(pool));
    co_return 1;
}

task<std::uint64_t> loop(asio::thread_pool& pool, std::uint64_t count) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        sum += co_await one(pool);
    }
    co_return sum;
}

task<std::uint64_t> recursion(asio::thread_pool& pool, std::uint64_t count) {
    co_await bobbin::here(hop(pool));
    if (count == 0) {
        co_return 0;
    }
    co_return 1 + co_await recursion(pool, count - 1);
}

// Gauge and work run on the one thread of the pool.
task<std::pair<std::uint64_t, std::size_t>> gauged(asio::thread_pool& pool,
                                                   task<std::uint64_t> work, bool with_gauge) {
    co_await bobbin::here(hop(pool));
    std::optional<stack_gauge> gauge;
    if (with_gauge) {
        gauge.emplace();
    }
    const std::uint64_t value = co_await std::move(work);
    co_return std::pair(value, gauge ? gauge->used() : std::size_t{0});
}

using stack_work = task<std::uint64_t> (*)(asio::thread_pool&, std::uint64_t);

run_result run_gauged(stack_work work, std::uint64_t count, bool with_gauge) {
    asio::thread_pool pool(1);
    std::size_t stack_bytes = 0;
    run_result result = timed([&] {
        const auto [value, bytes] = bobbin::sync_wait(gauged(pool, work(pool, count), with_gauge));
        stack_bytes = bytes;
        return value;
    });
    result.stack_bytes = stack_bytes;
    return result;
}

}  // namespace

run_result asio_tasks_fib(unsigned workers, int n) {
    asio::thread_pool pool(workers);
    return timed([&] { return bobbin::sync_wait(fib(pool, n)); });
}

run_result asio_tasks_skynet(unsigned workers, int depth) {
    asio::thread_pool pool(workers);
    return timed([&] { return bobbin::sync_wait(skynet(pool, 0, depth)); });
}

run_result asio_tasks_pi(unsigned workers, const pi_work& work) {
    std::optional<asio::thread_pool> pool;  // made in the time, ended after it
    return timed([&] { return bobbin::sync_wait(all_jobs(pool.emplace(workers), work)); });
}

run_result asio_tasks_loop(std::uint64_t count, bool with_gauge) {
    return run_gauged(loop, count, with_gauge);
}

run_result asio_tasks_recursion(std::uint64_t count, bool with_gauge) {
    return run_gauged(recursion, count, with_gauge);
}

}  // namespace bench::peers
