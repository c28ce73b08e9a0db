// See process_group.hpp.
#include "process_group.hpp"

#include "../harness/affinity.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/segment.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <optional>
#include <sched.h>
#include <span>
#include <stdexcept>
#include <thread>

namespace bench::peers {

// In memory that all share.
struct gate::times {
    struct lane {
        std::chrono::steady_clock::time_point end;
        run_result result;
    };
    std::atomic<std::size_t> ready{0};
    std::atomic<bool> go{false};
    std::span<lane> lanes;  // one each; read when all have been joined
};

void gate::start() const {
    all_->ready.fetch_add(1, std::memory_order_relaxed);
    // There may be more processes than cores.
    while (!all_->go.load(std::memory_order_relaxed)) {
        std::this_thread::yield();
    }
}

void gate::end() const {
    all_->lanes[number_].end = std::chrono::steady_clock::now();  // the same clock in all processes
}

namespace {

using bobbin::ipc::process;

void stay_on(std::size_t core) {
    if (core == process_part::anywhere) {
        return;
    }
    const std::vector<std::size_t> cpus = allowed_cpus();
    cpu_set_t set{};
    CPU_SET(cpus[core % cpus.size()], &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

bool have_failed(std::vector<process>& processes) {
    return std::any_of(processes.begin(), processes.end(),
                       [](process& each) { return !each.running() && !each.join().ok(); });
}

// What waits for one that has failed would wait for ever.
void end_all(std::vector<process>& processes) {
    for (const process& each : processes) {
        each.kill();
    }
    throw std::runtime_error("a process of a run has failed");
}

void join_all(std::vector<process>& processes) {
    using namespace std::chrono_literals;
    for (process& each : processes) {
        std::optional<bobbin::ipc::exit_status> status;
        while (!(status = each.join_for(100ms))) {
            if (have_failed(processes)) {
                end_all(processes);
            }
        }
        if (!status->ok()) {
            end_all(processes);
        }
    }
}

}  // namespace

run_result run_processes(const std::vector<process_part>& parts) {
    const auto memory = bobbin::ipc::segment::create(sizeof(gate::times) +
                                                     parts.size() * sizeof(gate::times::lane));
    auto& all = *new (memory.data()) gate::times;
    // At the same address in the children.
    all.lanes = {new (memory.data() + sizeof all) gate::times::lane[parts.size()], parts.size()};
    std::vector<process> processes;
    processes.reserve(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        processes.push_back(process::forked([&all, &parts, i] {
            stay_on(parts[i].core);
            all.lanes[i].result = parts[i].run(gate(all, i));
        }));
    }
    while (all.ready.load(std::memory_order_relaxed) < parts.size()) {
        if (have_failed(processes)) {
            end_all(processes);
        }
        std::this_thread::yield();
    }
    const auto start = std::chrono::steady_clock::now();
    all.go.store(true, std::memory_order_relaxed);
    join_all(processes);

    run_result result;
    auto end = start;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& lane = all.lanes[i];
        end = std::max(end, lane.end);
        result.value += lane.result.value;
        result.seconds = std::max(result.seconds, lane.result.seconds);
    }
    if (result.seconds == 0) {
        result.seconds = std::chrono::duration<double>(end - start).count();
    }
    return result;
}

}  // namespace bench::peers
