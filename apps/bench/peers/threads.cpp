// Plain threads and nothing else. Only pi is here: a thread for each call of fib is std::async.
#include "peers.hpp"
#include "pi_job.hpp"

#include <atomic>
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

}  // namespace bench::peers
