// Waiting for several jobs, and not waiting for ever.
#include "chapter.hpp"

#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

namespace jobs {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

milliseconds compute_for(milliseconds time) {
    std::this_thread::sleep_for(time);  // stands for work: it keeps its worker
    return time;
}

// A job may be a coroutine: this one keeps no worker, and listens to a wish to stop.
bobbin::task<milliseconds> sleep_for(milliseconds time) {
    co_await bobbin::sleep_for(time);
    co_return time;
}

bobbin::task<std::vector<std::size_t>> order_of(
    const std::vector<bobbin::job<milliseconds>>& jobs) {
    std::vector<std::size_t> order;
    auto ended = bobbin::as_completed(jobs);
    while (const auto i = co_await ended.next()) {
        order.push_back(*i);
    }
    co_return order;
}

// Works at the third try.
int stubborn(bobbin::ipc::shared_value<int> tries) {
    const int now = ++tries;
    if (now < 3) {
        throw std::runtime_error("not yet");
    }
    return now;
}

}  // namespace

template <class P>
chapter completion(P& pool) {
    chapter out("As completed",
                "as_completed() gives jobs in the order in which they end, not in which they were "
                "submitted.");
    std::vector<bobbin::job<milliseconds>> jobs;
    for (const milliseconds time : {60ms, 10ms, 30ms}) {
        jobs.push_back(pool.submit(bobbin::fn<&compute_for>(), time));
    }
    std::vector<std::size_t> order = bobbin::sync_wait(order_of(jobs));
    for (const std::size_t i : order) {
        out.say("job {} of 3, of {} ms, has ended", i + 1, jobs[i].get().count());
    }
    std::ranges::sort(order);
    out.check(order == std::vector<std::size_t>({0, 1, 2}), "each job is given once");
    return out;
}

template <class P>
chapter limits(P& pool) {
    chapter out(
        "Timeout and retries",
        "A job that takes longer than its timeout fails with timed_out. One that throws can "
        "be tried again.");
    bobbin::job<milliseconds> slow;
    if constexpr (concurrent<P>) {
        slow = pool.submit({.timeout = 20ms}, bobbin::fn<&jobs::sleep_for>(), milliseconds(1h));
    } else {
        slow = pool.submit({.timeout = 1ms}, bobbin::fn<&compute_for>(), 20ms);
    }
    bool timed_out = false;
    try {
        slow.get();
    } catch (const bobbin::timed_out& error) {
        timed_out = true;
        const std::string_view why = error.what();
        out.say("{}:", concurrent<P>
                           ? "a job of an hour that may take 20 ms timed out"
                           : "a job of 20 ms that may take 1 ms timed out, as is known afterwards");
        out.say("{}", why.substr(std::string_view("bobbin: timed out: ").size()));
    }
    out.check(timed_out && slow.failed(), "a job that takes too long fails");

    const bobbin::ipc::shared_value<int> tries;
    const bobbin::job<int> job = pool.submit({.retries = 5}, bobbin::fn<&stubborn>(), tries);
    const int needed = job.get();
    out.say("a job that throws twice, with 5 retries: {} after {} tries", name_of(job.status()),
            needed);
    out.check(needed == 3, "a job is tried until it works");
    return out;
}

template chapter completion(bobbin::sequential_pool&);
template chapter completion(bobbin::thread_pool&);
template chapter completion(bobbin::ipc::process_pool&);
template chapter limits(bobbin::sequential_pool&);
template chapter limits(bobbin::thread_pool&);
template chapter limits(bobbin::ipc::process_pool&);

}  // namespace jobs
