// std::async: a thread a task. It has no worker count, so it gets that many CPUs.
#include "../harness/affinity.hpp"
#include "job_list.hpp"
#include "peers.hpp"
#include "pi_job.hpp"
#include "serial.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <vector>

namespace bench::peers {
namespace {

std::vector<std::size_t> first_cpus(unsigned count) {
    std::vector<std::size_t> cpus = allowed_cpus();
    cpus.resize(std::min<std::size_t>(count, cpus.size()));
    return cpus;
}

std::uint64_t fib(int n) {
    if (n < 2) {
        return static_cast<std::uint64_t>(n);
    }
    auto a = std::async(std::launch::async, fib, n - 1);
    auto b = std::async(std::launch::async, fib, n - 2);
    return a.get() + b.get();
}

std::uint64_t skynet(std::uint64_t first, int depth) {
    if (depth == 0) {
        return first;
    }
    const std::uint64_t stride = skynet_leaves(depth - 1);
    std::array<std::future<std::uint64_t>, skynet_children> children;
    for (unsigned i = 0; i < skynet_children; ++i) {
        children[i] = std::async(std::launch::async, skynet, first + i * stride, depth - 1);
    }
    std::uint64_t sum = 0;
    for (auto& child : children) {
        sum += child.get();
    }
    return sum;
}

}  // namespace

run_result std_async_fib(unsigned workers, int n) {
    const confine cpus(first_cpus(workers));
    return timed([n] { return fib(n); });
}

run_result std_async_skynet(unsigned workers, int depth) {
    const confine cpus(first_cpus(workers));
    return timed([depth] { return skynet(0, depth); });
}

run_result std_async_pi(unsigned workers, const pi_work& work) {
    const confine cpus(first_cpus(workers));
    return timed([&] {
        std::vector<std::future<std::uint64_t>> jobs;
        jobs.reserve(work.jobs);
        for (std::uint64_t i = 0; i < work.jobs; ++i) {
            jobs.push_back(std::async(std::launch::async, pi_job, work, i));
        }
        std::uint64_t hits = 0;
        for (auto& job : jobs) {
            hits += job.get();
        }
        return hits;
    });
}

run_result std_async_jobs(unsigned workers, const job_list& jobs) {
    const confine cpus(first_cpus(workers));
    return with_job(jobs, [&](auto job) {
        return timed([&] {
            std::vector<std::future<std::uint64_t>> started;
            started.reserve(jobs.count);
            for (std::uint64_t i = 0; i < jobs.count; ++i) {
                started.push_back(std::async(std::launch::async, job, i));
            }
            std::uint64_t sum = 0;
            for (auto& each : started) {
                sum += each.get();
            }
            return sum;
        });
    });
}

}  // namespace bench::peers
