// Plain threads and nothing else. There are only lists of jobs here: a thread for each call of fib
// is std::async.
#include "job_list.hpp"
#include "peers.hpp"
#include "pi_job.hpp"

#include <atomic>
#include <latch>
#include <numeric>
#include <thread>
#include <vector>

namespace bench::peers {

run_result threads_pi(unsigned workers, const pi_work& work) {
    return timed([&] {
        std::atomic<std::uint64_t> next{0};
        std::vector<std::uint64_t> hits(workers);
        std::vector<std::thread> threads;
        threads.reserve(workers);
        for (std::uint64_t& mine : hits) {
            threads.emplace_back([&next, &work, &mine] {
                std::uint64_t inside = 0;
                // relaxed: only the number matters; join() below orders the results.
                for (std::uint64_t i;
                     (i = next.fetch_add(1, std::memory_order_relaxed)) < work.jobs;) {
                    inside += pi_job(work, i);
                }
                mine = inside;
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
    });
}

run_result threads_jobs(unsigned workers, const job_list& jobs) {
    return with_job(jobs, [&](auto job) {
        std::vector<std::uint64_t> values(jobs.count);
        std::atomic<std::uint64_t> next{0};
        std::atomic<bool> begun{false};
        std::latch done(workers);
        std::vector<std::jthread> threads;  // joined outside the time
        threads.reserve(workers);
        for (unsigned i = 0; i < workers; ++i) {
            threads.emplace_back([&, job] {
                begun.wait(false, std::memory_order_acquire);
                // relaxed: only the number matters; the latch orders the results.
                for (std::uint64_t mine;
                     (mine = next.fetch_add(1, std::memory_order_relaxed)) < jobs.count;) {
                    values[mine] = job(mine);
                }
                done.count_down();
            });
        }
        return timed([&] {
            begun.store(true, std::memory_order_release);
            begun.notify_all();
            done.wait();
            return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
        });
    });
}

}  // namespace bench::peers
