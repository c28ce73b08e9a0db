// In21 of the notebook: taking jobs back.
#include "chapter.hpp"

#include <bobbin/runtime/fn.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <latch>
#include <vector>

namespace jobs {
namespace {

constexpr std::size_t count = 24;

// What the jobs do, written down by themselves.
struct ledger {
    std::array<std::atomic<int>, count> runs{};
    std::atomic<unsigned> at_once{0};
    std::atomic<unsigned> most_at_once{0};
};

void work(ledger* ledger, std::size_t job) {
    const unsigned now = ledger->at_once.fetch_add(1) + 1;
    for (unsigned most = ledger->most_at_once.load();
         most < now && !ledger->most_at_once.compare_exchange_weak(most, now);) {
    }
    ledger->runs[job].fetch_add(1);
    ledger->at_once.fetch_sub(1);
}

void wait_at(std::latch* gate) {
    gate->wait();
}

}  // namespace

template <class P>
chapter cancelling(P& pool) {
    chapter out("Cancelling",
                "cancel() is true if the job has not run and never will; one that runs is asked to "
                "stop. Here every third of 24 jobs is cancelled, while the workers are kept busy.");
    ledger ledger;
    std::latch gate(concurrent<P> ? 1 : 0);
    std::vector<bobbin::job<void>> busy;
    for (unsigned worker = 0; worker < pool.size(); ++worker) {
        busy.push_back(pool.submit(bobbin::fn<&wait_at>(), &gate));
        wait_until_running(busy.back());
    }
    std::vector<bobbin::job<void>> jobs;
    for (std::size_t i = 0; i < count; ++i) {
        jobs.push_back(pool.submit(bobbin::fn<&work>(), &ledger, i));
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
        gate.count_down();
    }
    std::size_t ran = 0;
    bool exact = true;
    for (std::size_t i = 0; i < count; ++i) {
        jobs[i].wait();
        const int runs = ledger.runs[i].load();
        if (runs > 0) {
            ++ran;
        }
        exact = exact && runs == (jobs[i].cancelled() ? 0 : 1);
    }
    for (const auto& job : busy) {
        job.wait();
    }
    out.say("{} of {} cancelled, {} have run, never more than {} at once", cancelled, count, ran,
            ledger.most_at_once.load());
    if (!concurrent<P>) {
        out.say("(submit() returns when the job has ended here: there is nothing to cancel.)");
    }
    out.check(exact, "a job has run exactly if it was not cancelled");
    constexpr std::size_t cancellable = concurrent<P> ? count / 3 : 0;
    out.check(cancelled == cancellable, "what is pending can be cancelled");
    out.check(ledger.most_at_once.load() <= pool.size(), "no more run than there are workers");
    return out;
}

template chapter cancelling(bobbin::sequential_pool&);
template chapter cancelling(bobbin::thread_pool&);

}  // namespace jobs
