// concurrent.futures. Its jobs are no-ops (`int`, a function written in C): a busy microsecond
// cannot be had in Python.
#include "python.hpp"

#include "job_list.hpp"
#include "peers.hpp"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <string>

namespace bench::peers {
namespace {

// How many values the program printed: 2 if all is well.
int values_of(const std::string& program, double& seconds, std::uint64_t& value) {
    const std::string command = fmt::format("python3 -c '{}' 2>/dev/null", program);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(::popen(command.c_str(), "r"),
                                                              &::pclose);
    return out == nullptr ? 0 : std::fscanf(out.get(), "%lf %lu", &seconds, &value);
}

run_result run_executor(const char* executor, unsigned workers, const job_list& jobs) {
    // The first map makes the threads or processes.
    return run_python(fmt::format(R"(
import concurrent.futures, time
with concurrent.futures.{}(max_workers={}) as pool:
    list(pool.map(int, range(100)))
    start = time.perf_counter()
    value = sum(pool.map(int, range({})))
    print(time.perf_counter() - start, value)
)",
                                  executor, workers, jobs.count));
}

}  // namespace

bool has_python() {
    constexpr const char* variable = "BENCH_PYTHON";
    if (const char* known = std::getenv(variable)) {
        return *known == '1';
    }
    double version = 0;
    std::uint64_t value = 0;
    const bool found =
        values_of("import concurrent.futures.process; print(3, 1)", version, value) == 2;
    ::setenv(variable, found ? "1" : "0", 1);
    return found;
}

run_result run_python(const std::string& program) {
    run_result result;
    if (values_of(program, result.seconds, result.value) != 2) {
        throw std::runtime_error("python3 failed in this program:\n" + program);
    }
    return result;
}

run_result python_threads(unsigned workers, const job_list& jobs) {
    return run_executor("ThreadPoolExecutor", workers, jobs);
}

run_result python_processes(unsigned workers, const job_list& jobs) {
    return run_executor("ProcessPoolExecutor", workers, jobs);
}

}  // namespace bench::peers
