// What it takes to have a worker, or a process, or a thread.
#include "job_list.hpp"
#include "processes.hpp"
#include "python.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>

#include <array>
#include <fmt/format.h>
#include <optional>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace bench::peers {
namespace {

using bobbin::ipc::process_pool;

// `start()` is timed after one that is not, and returns 1 if all went well.
template <class Start>
run_result start_often(const start_work& work, Start start) {
    const std::vector<char> touched(work.touched, 1);
    start();
    return timed([&] {
        std::uint64_t started = 0;
        for (std::uint64_t i = 0; i < work.count; ++i) {
            started += start();
        }
        return started;
    });
}

std::uint64_t wait_for(pid_t child) {
    int status = -1;
    if (child <= 0 || ::waitpid(child, &status, 0) != child) {
        throw std::runtime_error("cannot start a process");
    }
    return status == 0 ? 1 : 0;
}

// A pool's first job; closing it is not timed.
run_result open_pool(unsigned workers) {
    std::optional<process_pool> pool;
    return timed([&] {
        pool.emplace(workers);
        return pool->submit(no_op_job{}, std::uint64_t{1}).get();
    });
}

}  // namespace

run_result bobbin_cold_pool(const start_work& work) {
    return open_pool(work.workers);
}

run_result bobbin_warm_pool(const start_work& work) {
    open_pool(work.workers);
    run_result result;
    for (std::uint64_t i = 0; i < work.count; ++i) {
        const run_result one = open_pool(work.workers);
        result.seconds += one.seconds;
        result.value += one.value;
    }
    return result;
}

run_result bobbin_process_start(const start_work& work) {
    return start_often(work, [] {
        bobbin::ipc::process child([] {});
        return child.join().ok() ? 1U : 0U;
    });
}

run_result bobbin_forked_start(const start_work& work) {
    return start_often(work, [] {
        auto child = bobbin::ipc::process::forked([] {});
        return child.join().ok() ? 1U : 0U;
    });
}

run_result fork_start(const start_work& work) {
    return start_often(work, [] {
        const pid_t child = ::fork();
        if (child == 0) {
            ::_exit(0);
        }
        return wait_for(child);
    });
}

run_result spawn_start(const start_work& work) {
    return start_often(work, [] {
        std::string program = "bench";
        std::string argument(ends_at_once);
        std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
        pid_t child = -1;
        const int error =
            ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
        return error == 0 ? wait_for(child) : 0;
    });
}

run_result thread_start(const start_work& work) {
    return start_often(work, [] {
        std::uint64_t started = 0;
        std::thread([&] { started = 1; }).join();
        return started;
    });
}

run_result python_pool_start(const start_work& work) {
    return run_python(fmt::format(R"(
import multiprocessing, time
start = time.perf_counter()
with multiprocessing.Pool({}) as pool:
    value = pool.apply(int, (1,))
    seconds = time.perf_counter() - start
print(seconds, value)
)",
                                  work.workers));
}

run_result python_executor_start(const start_work& work) {
    return run_python(fmt::format(R"(
import concurrent.futures.process, time
start = time.perf_counter()
with concurrent.futures.ProcessPoolExecutor({}) as pool:
    value = pool.submit(int, 1).result()
    seconds = time.perf_counter() - start
print(seconds, value)
)",
                                  work.workers));
}

run_result python_process_start(const start_work& work) {
    return run_python(fmt::format(R"(
import multiprocessing, time
def start():
    child = multiprocessing.Process(target=int)
    child.start()
    child.join()
    return child.exitcode == 0
start()
begin = time.perf_counter()
value = sum(start() for i in range({}))
print(time.perf_counter() - begin, value)
)",
                                  work.count));
}

}  // namespace bench::peers
