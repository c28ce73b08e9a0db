// Monte-Carlo jobs over the fast kernel, as an application has them: few large ones, where what
// counts is that all workers are busy to the end, and many small ones, where what counts is the
// price of handing one out.
#include "../harness/suite.hpp"
#include "../peers/peers.hpp"
#include "../peers/pi_job.hpp"

#include <array>
#include <fmt/format.h>

namespace bench {
namespace {

struct peer {
    const char* name = nullptr;
    run_result (*pi)(unsigned workers, const peers::pi_work& work) = nullptr;
    bool parallel = true;         // false: there is no run at several workers
    std::uint64_t most_jobs = 0;  // slow runtimes do only that many of the jobs; 0: all
};

constexpr auto table = std::to_array<peer>({
    {"serial", peers::serial_pi, false},
    {"limit", peers::threads_pi},
    {"bobbin", peers::bobbin_pi},
    {"bobbin parallel_for", peers::bobbin_parallel_for_pi},
    {"oneTBB", peers::tbb_pi},
    {"OpenMP for", peers::openmp_pi},
    {"asio callbacks", peers::asio_callbacks_pi},
    {"asio::post tasks", peers::asio_tasks_pi},
    {"std::async", peers::std_async_pi, true, 500},
});

contender make(const peer& peer, const peers::pi_work& work, unsigned workers) {
    peers::pi_work share = work;
    if (peer.most_jobs != 0) {
        share.jobs = std::min(work.jobs, peer.most_jobs);
    }
    return {.runtime = peer.name,
            .work = fmt::format("{} x {}", work.jobs, work.samples),
            .workers = workers,
            .tasks = share.jobs,
            .expected = [share] { return peers::serial_pi(1, share).value; },
            .run = [run = peer.pi, workers, share] { return run(workers, share); }};
}

}  // namespace

suite pi_suite(const suite_size& size) {
    suite suite{.name = "pi",
                .title = "pi: jobs x samples each, Monte-Carlo, fast kernel",
                .task_name = "job",
                .limit = "limit"};
    const auto works = size.quick
                           ? std::array<peers::pi_work, 2>{{{10, 100'000}, {200, 10'000}}}
                           : std::array<peers::pi_work, 2>{{{10, 10'000'000}, {10'000, 10'000}}};
    for (const peers::pi_work& work : works) {
        for (const unsigned workers : {1U, size.workers}) {
            for (const peer& peer : table) {
                if (workers > 1 && !peer.parallel) {
                    continue;
                }
                suite.contenders.push_back(make(peer, work, workers));
            }
        }
    }
    suite.notes = {
        "Timed from before the threads are made to the last result; oneTBB "
        "and OpenMP keep theirs from round to round. limit: plain threads that draw job numbers "
        "from one atomic.",
        "bobbin awaits when_all over a vector of tasks. std::async does at most 500 jobs and gets "
        "as many CPUs as the column has workers.",
    };
    return suite;
}

}  // namespace bench
