// In21 of the notebook: taking jobs back.
#include "chapter.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/fn.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace jobs {
namespace {

constexpr std::size_t count = 24;

// What the jobs do, written down by themselves.
using runs_of_jobs = bobbin::ipc::shared_array<int>;
struct crowd {
    unsigned now;
    unsigned most;
};
using shared_crowd = bobbin::ipc::shared_value<crowd>;

void enter(crowd& jobs) {
    jobs.most = std::max(jobs.most, ++jobs.now);
}
void leave(crowd& jobs) {
    --jobs.now;
}

void work(const runs_of_jobs& runs, shared_crowd at_once, std::size_t job) {
    at_once.update(enter);
    runs[job] += 1;
    at_once.update(leave);
}

void wait_at(const bobbin::ipc::event& gate) {
    gate.wait();
}

}  // namespace

template <class P>
chapter cancelling(P& pool) {
    chapter out("Cancelling",
                "cancel() is true if the job has not run and never will; one that runs is asked to "
                "stop. Here every third of 24 jobs is cancelled, while the workers are kept busy.");
    const runs_of_jobs runs(count);
    const shared_crowd at_once;
    auto gate = gate_for(pool);
    std::vector<bobbin::job<void>> busy;
    for (unsigned worker = 0; worker < pool.size(); ++worker) {
        busy.push_back(pool.submit(bobbin::fn<&wait_at>(), gate));
        wait_until_running(busy.back());
    }
    std::vector<bobbin::job<void>> jobs;
    for (std::size_t i = 0; i < count; ++i) {
        jobs.push_back(pool.submit(bobbin::fn<&work>(), runs, at_once, i));
    }
    std::size_t cancelled = 0;
    for (std::size_t i = 0; i < count; i += 3) {
        if (jobs[i].cancel()) {
            ++cancelled;
        }
    }
    if (concurrent<P>) {
        const bool taken_back = busy.front().cancel();
        out.say("cancel() of a job that runs: {}", yes_or_no(taken_back));
        out.check(!taken_back, "a running job is not cancelled");
        gate.set();
    }
    std::size_t ran = 0;
    bool exact = true;
    for (std::size_t i = 0; i < count; ++i) {
        jobs[i].wait();
        const int times = runs[i];
        if (times > 0) {
            ++ran;
        }
        exact = exact && times == (jobs[i].cancelled() ? 0 : 1);
    }
    for (const auto& job : busy) {
        job.wait();
    }
    out.say("{} of {} cancelled, {} have run, never more than {} at once", cancelled, count, ran,
            at_once.load().most);
    if (!concurrent<P>) {
        out.say("(submit() returns when the job has ended here: there is nothing to cancel.)");
    }
    out.check(exact, "a job has run exactly if it was not cancelled");
    constexpr std::size_t cancellable = concurrent<P> ? count / 3 : 0;
    out.check(cancelled == cancellable, "what is pending can be cancelled");
    out.check(at_once.load().most <= pool.size(), "no more run than there are workers");
    return out;
}

template chapter cancelling(bobbin::sequential_pool&);
template chapter cancelling(bobbin::thread_pool&);
template chapter cancelling(bobbin::ipc::process_pool&);

}  // namespace jobs
