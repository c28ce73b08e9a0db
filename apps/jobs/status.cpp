// In19 of the notebook: what a job is doing, and what came of it.
#include "chapter.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/runtime/fn.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace jobs {
namespace {

int multiply(const bobbin::ipc::event& gate, int x, int y) {
    gate.wait();
    return x * y;
}
int divide(int x, int y) {
    if (y == 0) {
        throw std::domain_error("division by zero");
    }
    return x / y;
}

}  // namespace

template <class P>
chapter status(P& pool) {
    chapter out(
        "Status",
        "submit() returns a job. It is pending until a worker executes it, then running, "
        "and in the end done, failed or cancelled. Unless they run in line, these wait at a gate.");
    auto gate = gate_for(pool);
    std::vector<bobbin::job<int>> jobs;
    for (int i = 0; i < 3; ++i) {
        jobs.push_back(pool.submit(bobbin::fn<&multiply>(), gate, i + 1, 10));
        if (jobs.size() <= pool.size()) {
            wait_until_running(jobs.back());
        }
    }
    unsigned running = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        out.say("job {} of 3 is {}", i + 1, name_of(jobs[i].status()));
        running += jobs[i].running() ? 1U : 0U;
    }
    if (concurrent<P>) {
        out.check(running == std::min(pool.size(), 3U), "as many run as there are workers");
        gate.set();
        out.say("The gate is opened.");
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const int value = jobs[i].get();  // waits for the end
        out.say("job {} of 3 is {}: {}", i + 1, name_of(jobs[i].status()), value);
        out.check(jobs[i].done() && value == 10 * (static_cast<int>(i) + 1), "the result is right");
    }
    const bobbin::job<int> bad = pool.submit(bobbin::fn<&divide>(), 1, 0);
    try {
        out.say("1 / 0 is {}", bad.get());
    } catch (const std::domain_error& error) {
        out.say("a job that throws is {}; get() throws it again: {}", name_of(bad.status()),
                error.what());
    }
    out.check(bad.failed(), "a job that threw has failed");
    return out;
}

template chapter status(bobbin::sequential_pool&);
template chapter status(bobbin::thread_pool&);
template chapter status(bobbin::ipc::process_pool&);

}  // namespace jobs
