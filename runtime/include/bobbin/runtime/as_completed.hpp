// Waiting for several jobs.
#pragma once

#include <bobbin/runtime/detail/jobs/completion_queue.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 {

// Positions of jobs in the order in which they end. See `as_completed`.
class completion_stream {
public:
    explicit completion_stream(std::shared_ptr<detail::completion_queue> queue) noexcept
        : queue_(std::move(queue)) {}
    completion_stream(completion_stream&&) noexcept = default;
    completion_stream& operator=(completion_stream&&) = delete;
    ~completion_stream() {
        if (queue_ != nullptr) queue_->forget_all();
    }

    // `co_await next()`: std::optional<std::size_t>, empty after the last. Throws `cancelled` if
    // the awaiting task was asked to stop meanwhile.
    auto next() noexcept { return detail::completion_awaiter(*queue_); }

private:
    std::shared_ptr<detail::completion_queue> queue_;
};

// The positions in `jobs`, a range of `job`s, in the order in which the jobs end, those that have
// ended first:
//
//     auto ended = bobbin::as_completed(jobs);
//     while (auto i = co_await ended.next()) use(jobs[*i].get());
//
// The jobs may be moved or dropped meanwhile, and none is kept by this once it has ended. May throw
// std::bad_alloc. From any thread.
template <std::ranges::input_range Jobs>
completion_stream as_completed(const Jobs& jobs) {
    std::vector<detail::job_core*> cores;
    for (const auto& each : jobs) cores.push_back(&detail::job_access::state(each));
    return completion_stream(detail::completion_queue::of(cores));
}

// Waits for the first of `jobs` to end, with whatever; its position. Throws std::invalid_argument
// if there are none, and `cancelled` if the awaiting task is asked to stop meanwhile; the jobs run
// on. `jobs` must live until it returns.
template <std::ranges::input_range Jobs>
task<std::size_t> wait_any(const Jobs& jobs) {
    auto ended = as_completed(jobs);
    const std::optional<std::size_t> first = co_await ended.next();
    if (!first) throw std::invalid_argument("bobbin::wait_any of no jobs would never end");
    co_return *first;
}

// Waits until all have ended, with whatever; returns at once if there are none. Throws `cancelled`
// as `wait_any` does; `jobs` must live until it returns.
template <std::ranges::input_range Jobs>
task<void> wait_all(const Jobs& jobs) {
    for (const auto& each : jobs) co_await detail::job_waiter(detail::job_access::state(each));
}

}}  // namespace bobbin::v0
