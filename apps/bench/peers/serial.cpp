// See serial.hpp.
#include "serial.hpp"

#include "peers.hpp"
#include "pi_job.hpp"

#include <thread>
#include <vector>

namespace bench::peers {
namespace {

// Independent copies of the work, one a worker, all at once: no runtime can share work better than
// by not having to.
template <class Work>
run_result copies(unsigned workers, Work work) {
    if (workers == 1) {
        return timed(work);
    }
    std::vector<std::uint64_t> values(workers);
    run_result result = timed([&] {
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < workers; ++i) {
            threads.emplace_back([&values, &work, i] { values[i] = work(); });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        return values.front();
    });
    for (const std::uint64_t value : values) {
        if (value != values.front()) {
            result.value = 0;
        }
    }
    return result;
}

}  // namespace

[[gnu::noinline]] std::uint64_t serial_fib(int n) {
    if (n < 2) {
        return static_cast<std::uint64_t>(n);
    }
    return serial_fib(n - 1) + serial_fib(n - 2);
}

[[gnu::noinline]] std::uint64_t serial_skynet(std::uint64_t first, int depth) {
    if (depth == 0) {
        return first;
    }
    const std::uint64_t stride = skynet_leaves(depth - 1);
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < skynet_children; ++i) {
        sum += serial_skynet(first + i * stride, depth - 1);
    }
    return sum;
}

run_result serial_fib_run(unsigned workers, int n) {
    return copies(workers, [n] { return serial_fib(n); });
}

run_result serial_skynet_run(unsigned workers, int depth) {
    return copies(workers, [depth] { return serial_skynet(0, depth); });
}

run_result serial_pi(unsigned /*workers*/, const pi_work& work) {
    return timed([&] {
        std::uint64_t hits = 0;
        for (std::uint64_t i = 0; i < work.jobs; ++i) {
            hits += pi_job(work, i);
        }
        return hits;
    });
}

}  // namespace bench::peers
