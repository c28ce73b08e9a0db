// Children without any pool: each job is drawn from one number, or is a child of its own.
#include "job_list.hpp"
#include "process_group.hpp"
#include "processes.hpp"

#include <bobbin/ipc/segment.hpp>

#include <atomic>
#include <new>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace bench::peers {

using bobbin::ipc::segment;

run_result drawn_jobs(unsigned workers, const job_list& jobs) {
    const segment memory = segment::create(sizeof(std::atomic<std::uint64_t>));
    auto& next = *new (memory.data()) std::atomic<std::uint64_t>(0);
    return with_job(jobs, [&](auto job) {
        const auto draw = [&next, &jobs, job](const gate& gate) -> run_result {
            std::uint64_t sum = 0;
            gate.start();
            // relaxed: only the number matters.
            for (std::uint64_t mine;
                 (mine = next.fetch_add(1, std::memory_order_relaxed)) < jobs.count;) {
                sum += job(mine);
            }
            gate.end();
            return {.value = sum};
        };
        return run_processes(std::vector<process_part>(workers, {.run = draw}));
    });
}

run_result forked_jobs(unsigned /*workers*/, const job_list& jobs) {
    const segment memory = segment::create(sizeof(std::uint64_t));
    auto& value = *new (memory.data()) std::uint64_t(0);
    return timed([&] {
        for (std::uint64_t i = 0; i < jobs.count; ++i) {
            const pid_t child = ::fork();
            if (child == 0) {
                value += no_op_job{}(i);
                ::_exit(0);
            }
            int status = -1;
            if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
                throw std::runtime_error("a forked job has failed");
            }
        }
        return value;
    });
}

}  // namespace bench::peers
