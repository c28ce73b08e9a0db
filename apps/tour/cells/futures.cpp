// In18-In21: one job at a time.
#include "estimates.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/workloads/random_stream.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <thread>

namespace tour {
namespace {

void in19(notebook& nb) {
    const auto print = [&nb](const char* name, const char* what, auto value) {
        nb.printed.push_back(fmt::format("{} {} {}", name, what, value));
    };
    const auto print_status = [&nb](const char* name, const bobbin::job<int>& job) {
        nb.printed.push_back(fmt::format("{} running: {}", name, job.running() ? "True" : "False"));
        nb.printed.push_back(fmt::format("{} done: {}", name, job.done() ? "True" : "False"));
    };
    // shown by In19
    // Jobs wait for an event, so that we can look at them.
    using bobbin::ipc::event;
    const auto f1 = [](event go, int x) { return go.wait(), x * x; };
    const auto f2 = [](event go, int x, int y) { return go.wait(), x * y; };

    event go;
    bobbin::ipc::process_pool pool(2);
    const bobbin::job<int> a = pool.submit(f2, go, 1, 1);
    const bobbin::job<int> b = pool.submit(f2, go, 1, 2);
    while (!a.running() || !b.running()) std::this_thread::yield();
    const bobbin::job<int> c = pool.submit(f1, go, 10);
    print_status("a", a);  // a.running(), a.done()
    print_status("b", b);
    print_status("c", c);
    go.set();
    print("a", "result", a.get());
    print("b", "result", b.get());
    print("c", "result", c.get());
    // to here
}

verdict look19(const notebook& nb) {
    const std::vector<std::string> expected = {
        "a running: True", "a done: False", "b running: True", "b done: False", "c running: False",
        "c done: False",   "a result 1",    "b result 2",      "c result 100"};
    return {.ok = nb.printed == expected, .result = fmt::format("{}", fmt::join(nb.printed, "\n"))};
}

constexpr int njobs = 24;
constexpr int process_done = njobs / 2;  // callbacks

// Random numbers as np.random.rand gives them, the same in every run.
double rand(int i, std::uint64_t lane) {
    auto stream = bobbin::random_stream(seed, static_cast<std::uint64_t>(i), lane);
    return static_cast<double>(stream() >> 11) * 0x1p-53;
}

// shown by In21
double f2(double x, double y) {
    return x * y;
}
// to here

void in21(notebook& nb) {
    const auto print = [&nb](std::string_view line) { nb.printed.emplace_back(line); };
    std::atomic<int> reports = 0;
    const auto report = [&reports](const bobbin::job<double>&) {
        reports.fetch_add(1, std::memory_order_relaxed);
    };
    {
        // shown by In21

        const auto hold = [](bobbin::ipc::event go) { go.wait(); };
        bobbin::ipc::event go;
        bobbin::ipc::process_pool pool(2);
        const bobbin::job<void> one = pool.submit(hold, go);
        const bobbin::job<void> two = pool.submit(hold, go);
        while (!one.running() || !two.running()) std::this_thread::yield();
        // Both workers are taken, so all that follows is pending.
        std::vector<bobbin::job<double>> res;
        for (int i = 0; i < 24; ++i) {
            res.push_back(pool.submit(bobbin::fn<&f2>(), rand(i, 0), rand(i, 1)));
            if (i % 2 == 0) res.back().on_done(report);  // "Process done!"
        }
        res[4].cancel();
        if (res[4].cancelled()) print("Process 4 cancelled");
        go.set();
        for (const auto& x : res) {
            x.wait();  // as long as it is pending or runs
            if (!x.cancelled()) print(fmt::format("{:.12g}", x.get()));
        }
        // to here
    }
    nb.exact = reports == process_done;
}

// The lines in columns, as there are many.
verdict look21(const notebook& nb) {
    std::vector<std::string> expected = {"Process 4 cancelled"};
    for (int i = 0; i < njobs; ++i) {
        if (i != 4) {
            expected.push_back(fmt::format("{:.12g}", f2(rand(i, 0), rand(i, 1))));
        }
    }
    std::string text = nb.printed.empty() ? "" : nb.printed.front() + "\n";
    text += fmt::format("Process done! ({} times)", process_done);
    for (std::size_t i = 1; i < nb.printed.size(); ++i) {
        const bool last_of_line = i % 4 == 0 || i + 1 == nb.printed.size();
        text += (i - 1) % 4 == 0 ? "\n" : "";
        text += fmt::format("{:<{}}", nb.printed[i], last_of_line ? 0 : 19);
    }
    return {.ok = nb.exact && nb.printed == expected, .result = text};
}

constexpr std::array cells = {
    cell{.name = "In19",
         .since = "In18",
         .title = "Status: 3 jobs on 2 workers",
         .shows = "Running means that a worker executes the job: c must wait. (The notebook shows "
                  "a job as running once it is in the queue to a worker.)",
         .run = in19,
         .look = look19},
    cell{.name = "In21",
         .since = "In21",
         .title = "Cancelling and callbacks: 24 jobs",
         .shows = "A job that is cancelled never runs, and cancel() says whether it is. Every "
                  "second job, the cancelled one too, has a callback for its end. No polling: a "
                  "job can be waited for, or awaited.",
         .run = in21,
         .look = look21},
};

}  // namespace

std::span<const cell> future_cells() {
    return cells;
}

}  // namespace tour
