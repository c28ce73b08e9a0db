// Jobs in the order of their ends.
#pragma once

#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>

#include <coroutine>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

class completion_queue : public std::enable_shared_from_this<completion_queue> {
public:
    static std::shared_ptr<completion_queue> of(const std::vector<job_core*>& jobs);
    completion_queue() = default;
    completion_queue(const completion_queue&) = delete;
    completion_queue& operator=(const completion_queue&) = delete;

    // Nobody reads it any more.
    void forget_all() noexcept;

private:
    friend class completion_awaiter;

    // Holds the queue and its job until that has ended or it is forgotten.
    class entry : public job_listener {
    public:
        entry() noexcept : job_listener(true) {}
        void job_ended() noexcept override;

        std::shared_ptr<completion_queue> owner;
        job_ref<job_core> job;  // under the queue's lock
        std::size_t position = 0;
    };

    void ended(entry& which) noexcept;

    std::unique_ptr<entry[]> entries_;
    std::size_t count_ = 0;
    std::mutex mutex_;
    // Under the lock. Never longer than its capacity, which is that of all jobs.
    std::vector<std::size_t> order_;
    std::size_t read_ = 0;
    const home_process home_;
    suspended_task reader_;
};

class completion_awaiter {
public:
    explicit completion_awaiter(completion_queue& of) noexcept : queue_(&of) {}

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) {
        return suspend(as_resumption(awaiter), *awaiter.promise().scope);
    }
    std::optional<std::size_t> await_resume();
    completion_awaiter await_native() const noexcept { return completion_awaiter(*queue_); }

private:
    friend stop_watch<completion_awaiter>;
    friend stoppable_wait<completion_awaiter>;
    bool suspend(work_item awaiter, join_scope& scope);
    std::unique_lock<std::mutex> lock() const { return std::unique_lock(queue_->mutex_); }
    bool is_due(const std::unique_lock<std::mutex>& lock) const noexcept;
    suspended_task& place() const noexcept { return queue_->reader_; }
    void stop() noexcept;

    completion_queue* queue_;
    stoppable_wait<completion_awaiter> wait_;
};

}}}  // namespace bobbin::v0::detail
