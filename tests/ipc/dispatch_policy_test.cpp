// Goal: jobs are sent so that no worker waits for the application, and no job for a long one.
// Method: the policy's decisions, tabulated over loads and times; and whole runs by a simulated
// clock, in which the application learns of each end at once. No process, no thread.
#include "pool/dispatch_policy.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <doctest/doctest.h>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <utility>
#include <vector>

using bobbin::ipc::detail::dispatch_policy;
using bobbin::ipc::detail::worker_load;
using namespace std::chrono_literals;

namespace {

using duration = std::chrono::steady_clock::duration;
using time_point = std::chrono::steady_clock::time_point;

dispatch_policy after_jobs_of(duration each) {
    dispatch_policy policy;
    policy.measured(each, 1);
    return policy;
}

std::optional<std::size_t> least_loaded(const std::vector<worker_load>& all) {
    const auto found = dispatch_policy::least_loaded(all, [](const worker_load& it) { return it; });
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

struct simulated_worker {
    std::deque<std::size_t> sent;  // the first is being done
    time_point busy_since;
    time_point ends;
    bool is_held_up = false;

    [[nodiscard]] worker_load load() const {
        return {.to_do = sent.size(), .takes_more = !is_held_up, .busy_since = busy_since};
    }
};

// All jobs come at once.
class simulation {
public:
    simulation(std::size_t workers, std::vector<duration> jobs)
        : jobs_(std::move(jobs)), ends_(jobs_.size()), workers_(workers), waiting_(jobs_.size()) {
        std::iota(waiting_.begin(), waiting_.end(), 0U);
    }

    // When each has ended.
    std::vector<duration> run() {
        dispatch();
        for (auto* next = first_to_end(); next != nullptr; next = first_to_end()) {
            now_ = next->ends;
            policy_.measured(now_ - next->busy_since, 1);
            ends_.at(next->sent.front()) = now_ - time_point();
            next->sent.pop_front();
            next->busy_since = now_;
            next->is_held_up = false;
            begin_next(*next);
            take_back_behind_long_jobs();
            dispatch();
        }
        return ends_;
    }

private:
    simulated_worker* first_to_end() {
        simulated_worker* first = nullptr;
        for (auto& each : workers_)
            if (!each.sent.empty() && (first == nullptr || each.ends < first->ends)) first = &each;
        return first;
    }
    simulated_worker* least_loaded() {
        const auto found = dispatch_policy::least_loaded(
            workers_, [](const simulated_worker& each) { return each.load(); });
        return found != workers_.end() ? &*found : nullptr;
    }
    void take_back_behind_long_jobs() {
        for (auto& each : workers_) {
            if (each.is_held_up || !policy_.is_held_up(each.load(), now_)) continue;
            for (; each.sent.size() > 1; each.sent.pop_back())
                waiting_.push_front(each.sent.back());
            each.is_held_up = true;
        }
    }
    void begin_next(simulated_worker& at) {
        if (!at.sent.empty()) at.ends = now_ + jobs_.at(at.sent.front());
    }
    void send(simulated_worker& to, std::size_t job) {
        to.sent.push_back(job);
        if (to.sent.size() > 1) return;
        to.busy_since = now_;
        begin_next(to);
    }
    // False: nobody can help.
    bool help() {
        auto* const idle = least_loaded();
        if (idle == nullptr || !dispatch_policy::may_help(idle->load())) return false;
        for (auto& each : workers_) {
            if (!dispatch_policy::may_be_helped(each.load())) continue;
            send(*idle, each.sent[1]);
            each.sent.erase(each.sent.begin() + 1);
            return true;
        }
        return false;
    }
    void dispatch() {
        for (;;) {
            if (waiting_.empty()) {
                if (!help()) return;
                continue;
            }
            auto* const to = least_loaded();
            if (to == nullptr || !policy_.is_sent_more(to->load())) return;
            for (auto left = policy_.batch(); left > 0 && !waiting_.empty(); --left) {
                send(*to, waiting_.front());
                waiting_.pop_front();
            }
        }
    }

    const std::vector<duration> jobs_;
    std::vector<duration> ends_;
    dispatch_policy policy_;
    std::vector<simulated_worker> workers_;
    std::deque<std::size_t> waiting_;
    time_point now_{};
};

duration last_end(std::size_t workers, std::vector<duration> jobs) {
    return std::ranges::max(simulation(workers, std::move(jobs)).run());
}

}  // namespace

TEST_CASE("a worker has 0.4 ms of jobs, and never fewer than two nor more than it has room for") {
    struct row {
        duration job;
        std::uint64_t depth;
        std::uint64_t batch;
    };
    for (const row& each : {row{1s, 2, 1}, row{1ms, 2, 1}, row{200us, 2, 1}, row{100us, 4, 1},
                            row{10us, 40, 3}, row{1us, 400, 26}, row{10ns, 409, 26}}) {
        CAPTURE(each.job.count());
        const auto policy = after_jobs_of(each.job);
        CHECK(policy.depth() == each.depth);
        CHECK(policy.batch() == each.batch);
        CHECK(policy.is_sent_more({.to_do = each.depth - 1}));
        CHECK_FALSE(policy.is_sent_more({.to_do = each.depth}));
    }
    CHECK(dispatch_policy().depth() == 2);  // nothing is known yet
}

TEST_CASE("how long a job takes is learned from the last ones, and forgotten") {
    auto policy = after_jobs_of(1ms);
    policy.measured(1s, 0);  // no job has ended
    CHECK(policy.depth() == 2);
    for (int i = 0; i < 40; ++i) policy.measured(160us, 16);
    CHECK(policy.depth() == 39);  // 10 us, and a trace of the first
    for (int i = 0; i < 40; ++i) policy.measured(1s, 1);
    CHECK(policy.depth() == 2);
}

TEST_CASE("the worker with the least to do is sent the next job, the first of several") {
    CHECK(least_loaded({}) == std::nullopt);
    CHECK(least_loaded({{.to_do = 0, .takes_more = false}}) == std::nullopt);
    CHECK(least_loaded({{.to_do = 3}, {.to_do = 1}, {.to_do = 2}}) == 1);
    CHECK(least_loaded({{.to_do = 2}, {.to_do = 1}, {.to_do = 1}}) == 1);
    CHECK(least_loaded({{.to_do = 0, .takes_more = false}, {.to_do = 9}}) == 1);
}

TEST_CASE("a job is long after 20 ms, or twice the usual time if that is more") {
    const time_point begun = time_point() + 5s;
    const auto is_held_up = [&](duration usual, duration busy) {
        return after_jobs_of(usual).is_held_up({.to_do = 1, .busy_since = begun}, begun + busy);
    };
    CHECK_FALSE(is_held_up(1us, 19ms));
    CHECK(is_held_up(1us, 20ms));
    CHECK(is_held_up(10ms, 20ms));
    CHECK_FALSE(is_held_up(30ms, 59ms));
    CHECK(is_held_up(30ms, 60ms));
    CHECK_FALSE(after_jobs_of(1us).is_held_up({.to_do = 0, .busy_since = begun}, begun + 1h));
}

TEST_CASE("an idle worker helps one that has more than it works on, and nobody else") {
    CHECK(dispatch_policy::may_help({.to_do = 0}));
    CHECK_FALSE(dispatch_policy::may_help({.to_do = 1}));
    CHECK_FALSE(dispatch_policy::may_be_helped({.to_do = 1}));
    CHECK(dispatch_policy::may_be_helped({.to_do = 2}));
}

TEST_CASE("equal jobs end as early as they can") {
    for (const std::size_t workers : {1U, 2U, 3U, 8U}) {
        CAPTURE(workers);
        const std::size_t rounds = 100;
        CHECK(last_end(workers, std::vector<duration>(workers * rounds, 1ms)) == rounds * 1ms);
    }
}

TEST_CASE("what stands behind a long job is done by others that have nothing else to do") {
    std::vector<duration> jobs(6, 1ms);
    jobs.front() = 1s;
    auto ends = simulation(2, jobs).run();
    ends.front() = 0s;
    CHECK(std::ranges::max(ends) == 5ms);
}

TEST_CASE("it does not wait either until they have, but for 20 ms") {
    std::vector<duration> jobs(1000, 1ms);
    jobs.front() = 1s;
    const auto ends = simulation(2, jobs).run();
    CHECK(std::ranges::max(ends) <= 1001ms);
    CHECK(std::ranges::max(std::ranges::subrange(ends.begin() + 1, ends.begin() + 10)) <= 25ms);
}

TEST_CASE("jobs of any lengths end no later than if each went to the first worker that is free") {
    std::mt19937 random(1);
    std::lognormal_distribution<double> microseconds(4, 2);
    for (int round = 0; round < 20; ++round) {
        CAPTURE(round);
        std::vector<duration> jobs;
        for (int i = 0; i < 2000; ++i)
            jobs.emplace_back(std::chrono::microseconds(1 + std::lround(microseconds(random))));
        const std::size_t workers = 2 + static_cast<std::size_t>(round) % 7;
        const auto sum = std::accumulate(jobs.begin(), jobs.end(), duration());
        const auto longest = *std::ranges::max_element(jobs);
        // What list scheduling is bounded by (Graham 1966), and what a job waits behind another
        // until that is known to be long.
        const duration bound = sum / static_cast<long>(workers) + longest;
        CHECK(last_end(workers, jobs) <= bound + 20ms);
    }
}
