// concurrent.futures.ProcessPoolExecutor and multiprocessing.Pool, whose workers are copies of the
// program (fork).
#include "job_list.hpp"
#include "pause.hpp"
#include "processes.hpp"
#include "python.hpp"

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace bench::peers {
namespace {

// What the programs have in common: an open pool with its workers started, as `pool`.
constexpr std::string_view prelude = R"(
import concurrent.futures, multiprocessing, random, time
def near_pi(samples):
    uniform = random.random
    hits = 0
    for _ in range(samples):
        x, y = uniform(), uniform()
        hits += x * x + y * y < 1
    return int(abs(4 * hits / samples - 3.14159) < 0.2)
)";
constexpr std::string_view executor = "concurrent.futures.ProcessPoolExecutor";
constexpr std::string_view pool = "multiprocessing.Pool";

// `body` says what to do with `pool`, and makes seconds and value.
run_result run_pool(std::string_view kind, unsigned workers, const std::string& body) {
    return run_python(fmt::format(R"({}
with {}({}) as pool:
    list(pool.map(int, range(100)))
{}
    print(seconds, value)
)",
                                  prelude, kind, workers, body));
}

run_result run_map(std::string_view kind, unsigned workers, const job_list& jobs,
                   std::size_t chunk) {
    const std::string calls = jobs.what == job_list::kind::pi
                                  ? fmt::format("near_pi, [{}] * {}", jobs.pi_samples, jobs.count)
                                  : fmt::format("int, range({})", jobs.count);
    return run_pool(kind, workers,
                    fmt::format(R"(
    start = time.perf_counter()
    value = sum(pool.map({}, chunksize={}))
    seconds = time.perf_counter() - start
)",
                                calls, chunk));
}

// `call` is one trip, of the number i.
run_result run_trips(std::string_view kind, unsigned workers, std::uint64_t trips,
                     std::string_view call) {
    return run_pool(
        kind, workers,
        fmt::format(R"(
    seconds, value = 0, 0
    for i in range({}):
        time.sleep({})
        start = time.perf_counter()
        value += {}
        seconds += time.perf_counter() - start
)",
                    trips, std::chrono::duration<double>(pause_before_trip).count(), call));
}

}  // namespace

run_result python_executor_map(unsigned workers, const job_list& jobs, std::size_t chunk) {
    return run_map(executor, workers, jobs, chunk);
}
run_result python_pool_map(unsigned workers, const job_list& jobs, std::size_t chunk) {
    return run_map(pool, workers, jobs, chunk);
}

run_result python_executor_submit(unsigned workers, const job_list& jobs) {
    return run_pool(executor, workers,
                    fmt::format(R"(
    start = time.perf_counter()
    jobs = [pool.submit(int, i) for i in range({})]
    value = sum(job.result() for job in jobs)
    seconds = time.perf_counter() - start
)",
                                jobs.count));
}

run_result python_executor_trip(unsigned workers, std::uint64_t trips) {
    return run_trips(executor, workers, trips, "pool.submit(int, i).result()");
}
run_result python_pool_trip(unsigned workers, std::uint64_t trips) {
    return run_trips(pool, workers, trips, "pool.apply(int, (i,))");
}

}  // namespace bench::peers
