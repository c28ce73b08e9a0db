// Which worker is sent the next job, how many are sent ahead of it, and when jobs are taken back
// from one that is busy: decided from loads and times alone, so that a table can check it. The
// supervisor tells the loads, and does what is decided.
//
// Invariant: a worker has at least two jobs ahead (one that it works on, and the next), so that it
// never waits for the application; and no job waits behind a long one while another worker is idle.
#pragma once

#include "pool/job_ring.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <ranges>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct worker_load {
    using clock = std::chrono::steady_clock;

    std::uint64_t to_do = 0;  // jobs that it was sent, and has not answered
    bool takes_more = true;
    // When it answered last, or was sent its first job after it had none.
    clock::time_point busy_since{};
};

class dispatch_policy {
public:
    using clock = worker_load::clock;

    // A worker has answered `jobs`, which took it so long.
    void measured(clock::duration took, std::uint64_t jobs) noexcept {
        if (jobs == 0) return;
        const double each =
            std::chrono::duration<double, std::nano>(took).count() / static_cast<double>(jobs);
        constexpr double weight = 0.25;
        job_ns_ = job_ns_ == 0 ? each : job_ns_ + weight * (each - job_ns_);
    }

    // How many jobs a worker has at most: as many as keep it busy while the driver sleeps for now.
    [[nodiscard]] std::uint64_t depth() const noexcept {
        constexpr double ahead_ns = 400'000;
        const double jobs = job_ns_ > 0 ? ahead_ns / job_ns_ : 2;
        return static_cast<std::uint64_t>(std::clamp(jobs, 2.0, job_ring::jobs_at_once * 0.8));
    }

    // How many jobs are sent to a worker before the loads are compared again: short ones some at a
    // time.
    [[nodiscard]] std::uint64_t batch() const noexcept { return depth() / 16 + 1; }

    // The worker with the least to do of those that take more, the first of several; or the end.
    template <std::ranges::forward_range Workers, class LoadOf>
    static auto least_loaded(Workers& workers, LoadOf load_of) noexcept {
        auto best = std::ranges::end(workers);
        std::uint64_t least = 0;
        for (auto each = std::ranges::begin(workers); each != std::ranges::end(workers); ++each) {
            const worker_load load = load_of(*each);
            if (!load.takes_more || (best != std::ranges::end(workers) && load.to_do >= least))
                continue;
            best = each;
            least = load.to_do;
        }
        return best;
    }

    // Whether the least loaded worker is sent a job that waits.
    [[nodiscard]] bool is_sent_more(const worker_load& least) const noexcept {
        return least.to_do < depth();
    }

    // Whether a worker has been busy for so long, as seen when another's results came, that what
    // stands behind its job is taken back.
    [[nodiscard]] bool is_held_up(const worker_load& busy, clock::time_point now) const noexcept {
        constexpr double least_ns = 20e6;
        const std::chrono::duration<double, std::nano> is_long(std::max(least_ns, 2 * job_ns_));
        return busy.to_do > 0 && now - busy.busy_since >= is_long;
    }

    // When no job waits: whether the least loaded worker is to do what another has not begun, and
    // whether that one has anything for it.
    [[nodiscard]] static bool may_help(const worker_load& least) noexcept {
        return least.to_do == 0;
    }
    [[nodiscard]] static bool may_be_helped(const worker_load& other) noexcept {
        return other.to_do >= 2;
    }

private:
    double job_ns_ = 0;  // how long a job takes, of late; 0: not known yet
};

}}}  // namespace bobbin::v0::ipc::detail
