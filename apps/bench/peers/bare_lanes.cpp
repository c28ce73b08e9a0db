// Two rings of shared memory to each child, and nothing around them: no encoding, no table of jobs,
// no tasks. What is left are the steps that a pool whose workers may die has to take for each job:
//
//     parent   writes the slot, counts it as submitted (release)
//     child    claims it (compare-and-swap), runs it, writes a result, counts it as finished
//              (release)
//     parent   reads the result
//
// Whoever finds nothing to do looks for a while, then sleeps.
#include "futex.hpp"
#include "job_list.hpp"
#include "process_group.hpp"
#include "processes.hpp"

#include <bobbin/ipc/segment.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <vector>

namespace bench::peers {
namespace {

using bobbin::ipc::segment;

// One process sleeps here until another has something for it.
class bed {
public:
    // `look` says whether there is something.
    template <class Look>
    void sleep_unless(Look look) {
        constexpr int looks = 400;
        for (int i = 0; i < looks; ++i) {
            if (look()) {
                return;
            }
            __builtin_ia32_pause();
        }
        // Both sides exchange the same word: whoever is second sees what the other did before. So
        // this sees what there is, or `wake` sees that somebody sleeps.
        asleep_.exchange(1, std::memory_order_acq_rel);
        while (!look() && asleep_.load(std::memory_order_relaxed) == 1) {
            futex_wait(asleep_, 1);
        }
        asleep_.store(0, std::memory_order_relaxed);
    }
    void wake() {
        if (asleep_.exchange(0, std::memory_order_acq_rel) == 1) {
            futex_wake(asleep_);
        }
    }

private:
    std::atomic<std::uint32_t> asleep_{0};
};

enum class slot_state : std::uint32_t { queued, claimed };

struct job_slot {
    std::atomic<slot_state> state{slot_state::claimed};
    std::uint32_t group = 0;
    std::uint64_t callable = 0;  // none: there will be no more
    std::uint64_t begin = 0;     // of the arguments in their ring
    std::uint64_t size = 0;
    std::uint64_t place = 0;
};

struct result {
    std::uint64_t job = 0;
    std::uint64_t size = 0;
    std::uint64_t segment = 0;
    std::uint64_t kind = 0;
    std::uint64_t value = 0;
};

// As large as they are in a pool that sends any bytes: 32 of a header before the result's own.
static_assert(sizeof(job_slot) == 40 && sizeof(result) == 40);

struct lane {
    static constexpr std::size_t length = 256;

    alignas(128) std::atomic<std::uint64_t> submitted{0};
    alignas(128) bed child;
    alignas(128) std::atomic<std::uint64_t> finished{0};
    alignas(128) std::array<job_slot, length> jobs;
    std::array<std::uint64_t, length> arguments;
    alignas(128) std::array<result, length> results;
};

struct lanes {
    static constexpr unsigned most = 64;
    alignas(128) bed parent;
    std::array<lane, most> each;
};

run_result serve(lanes& all, lane& mine, const gate& gate) {
    gate.start();
    for (std::uint64_t number = 0;; ++number) {
        // acquire pairs with the parent's release: the slot is written.
        const auto is_there = [&] {
            return mine.submitted.load(std::memory_order_acquire) > number;
        };
        while (!is_there()) {
            all.parent.wake();
            mine.child.sleep_unless(is_there);
        }
        job_slot& slot = mine.jobs[number % lane::length];
        slot_state queued = slot_state::queued;
        slot.state.compare_exchange_strong(queued, slot_state::claimed, std::memory_order_relaxed);
        if (slot.callable == 0) {
            break;
        }
        mine.results[number % lane::length] = {.job = number,
                                               .size = sizeof(std::uint64_t),
                                               .value = no_op_job{}(mine.arguments[slot.begin])};
        // release pairs with the parent's acquire: the result is written.
        mine.finished.store(number + 1, std::memory_order_release);
    }
    gate.end();
    return {};
}

// The parent's side of a lane.
class dispatcher {
public:
    explicit dispatcher(lane& to) : lane_(&to) {}

    void put(std::uint64_t callable, std::uint64_t argument) {
        const std::uint64_t place = submitted_ % lane::length;
        job_slot& slot = lane_->jobs[place];
        lane_->arguments[place] = argument;
        slot.callable = callable;
        slot.begin = place;
        slot.size = sizeof argument;
        slot.state.store(slot_state::queued, std::memory_order_relaxed);
        lane_->submitted.store(++submitted_, std::memory_order_release);
    }
    [[nodiscard]] bool has_room() const { return submitted_ - read_ < lane::length; }
    [[nodiscard]] bool has_results() const {
        return lane_->finished.load(std::memory_order_acquire) != read_;
    }
    std::uint64_t drain(std::uint64_t& sum) {
        const std::uint64_t finished = lane_->finished.load(std::memory_order_acquire);
        const std::uint64_t drained = finished - read_;
        for (; read_ < finished; ++read_) {
            sum += lane_->results[read_ % lane::length].value;
        }
        return drained;
    }
    void wake() { lane_->child.wake(); }

private:
    lane* lane_;
    std::uint64_t submitted_ = 0;
    std::uint64_t read_ = 0;
};

std::uint64_t hand_out(lanes& all, std::vector<dispatcher>& out, std::uint64_t count) {
    std::uint64_t next = 0;
    std::uint64_t sum = 0;
    for (std::uint64_t drained = 0; drained < count;) {
        for (dispatcher& each : out) {
            drained += each.drain(sum);
            if (next < count && each.has_room()) {
                while (next < count && each.has_room()) {
                    each.put(1, next++);
                }
                each.wake();
            }
        }
        if (drained < count) {
            all.parent.sleep_unless([&] {
                return std::any_of(out.begin(), out.end(),
                                   [](const dispatcher& each) { return each.has_results(); });
            });
        }
    }
    return sum;
}

}  // namespace

run_result lanes_jobs(unsigned workers, const job_list& jobs) {
    const segment memory = segment::create(sizeof(lanes));
    auto& all = *new (memory.data()) lanes;
    std::vector<process_part> parts;
    parts.push_back({.run = [&](const gate& gate) {
        std::vector<dispatcher> out;
        for (unsigned i = 0; i < workers; ++i) {
            out.emplace_back(all.each.at(i));
        }
        gate.start();
        const run_result result = timed([&] { return hand_out(all, out, jobs.count); });
        gate.end();
        for (dispatcher& each : out) {
            each.put(0, 0);
            each.wake();
        }
        return result;
    }});
    for (unsigned i = 0; i < workers; ++i) {
        parts.push_back(
            {.run = [&all, i](const gate& gate) { return serve(all, all.each.at(i), gate); }});
    }
    return run_processes(parts);
}

}  // namespace bench::peers
