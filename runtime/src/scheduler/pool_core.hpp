// The inside of a thread_pool: Asio's pool, the workers that run on its threads, the way in from
// outside.
#pragma once

#include "scheduler/worker.hpp"

#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/priority.hpp>
#include <bobbin/runtime/thread_pool_options.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

class pool_core : public left_to_parent {
public:
    explicit pool_core(const thread_pool_options& options);

    // Waits for all work and ends the threads. Once, before destruction.
    void drain() noexcept;

    // Any thread. Sends `item` to the pool. Throws pool_closed in a forked child, may throw
    // std::bad_alloc, and then it was not sent.
    void inject(work_item item, priority how = priority::normal);

    // Any thread. The same, but what comes from a task of this pool's own, and has no priority,
    // stays on its thread until another thread has nothing better to do.
    void send(work_item item, priority how = priority::normal);

    // A task that the destructor waits for, besides Asio's handlers.
    void task_begins() { asio_.get_executor().on_work_started(); }
    // Nothing of the pool may be touched after this by a thread that isn't one of its own.
    void task_ended() {
        // Asio's count may come to zero here, and a thread of ours that only now enters Asio end by
        // itself, before this one has told the others: `drain` waits until that is done. Relaxed:
        // known to whoever sees the count that follows.
        leaving_.fetch_add(1, std::memory_order_relaxed);
        asio_.get_executor().on_work_finished();
        // Release, with the acquire in `drain`: this was the last touch.
        leaving_.fetch_sub(1, std::memory_order_release);
    }

    // Any thread. Wakes a thread to look for work, unless one looks already or all are awake. False
    // if there is no memory to send for one. A loop may ignore that, as it comes to its own work in
    // the end.
    bool wake_one() noexcept;

    // A thread of ours, in a handler of Asio's: runs `item` there.
    void resume_from_asio(worker& self, work_item item) noexcept;

    // Throws `pool_closed` if nothing may come in from outside.
    void check_open() const;
    void close() noexcept { closed_.store(true, std::memory_order_relaxed); }
    void check_not_forked() const {
        if (forked()) [[unlikely]]
            throw_forked();
    }
    bool forked() const noexcept { return !home_.is_this(); }

    // As `inject`, for a task that nobody on the pool awaits; it calls `task_ended` at its end.
    void send_root(work_item item);

    // A task that only the destructor waits for.
    void spawn(promise_base& work);
    void stop() noexcept;
    thread_pool_stats stats() const noexcept;

    // The outermost scope: what is stopped by `stop`.
    join_scope& scope() noexcept { return spawned_; }
    boost::asio::thread_pool& asio() noexcept { return asio_; }
    unsigned size() const noexcept { return static_cast<unsigned>(workers_.size()); }
    bool runs_on_this_thread() const noexcept;

private:
    struct counters {
        std::atomic<std::uint64_t> injected{0}, stolen{0}, parked{0}, woken{0}, yielded{0};
    };
    // Whether a loop is looking for work to steal. Loops that Asio's completions began never do:
    // other completions wait behind them.
    enum class search : std::uint8_t { no, yes, never };

    [[noreturn]] void throw_forked() const;
    bool take_back(work_item item) noexcept;
    void start_threads(const std::string& name);
    void join_threads() noexcept;
    void run_thread(unsigned index, const std::string& name) noexcept;

    void loop(worker& self, work_item item, search searching) noexcept;
    bool yield_to_asio(worker& self, work_item item) noexcept;
    work_item after_yield(worker& self, work_item item) noexcept;
    work_item find_work(worker& self, search& searching) noexcept;
    work_item search_everywhere(worker& self) noexcept;
    work_item take_injected(worker& self) noexcept;
    work_item steal(worker& self) noexcept;
    work_item steal_more(worker& self, work_deque<>& victim, work_item item) noexcept;
    bool sees_work() const noexcept;
    bool sees_work_after(parking<>::duty duty) const noexcept;
    void found_work_searching() noexcept;
    bool park(search searching) noexcept;
    bool look_later() noexcept;
    static std::coroutine_handle<> spawned_ended(join_scope& scope, promise_base& child) noexcept;

    boost::asio::thread_pool asio_;
    parking<> idle_;
    std::vector<std::unique_ptr<worker>> workers_;
    custom_scope spawned_;
    const home_process home_;
    std::atomic<bool> closed_{false};
    std::atomic<std::size_t> leaving_{0};  // threads in `task_ended`
    const std::string name_;

    std::mutex injection_mutex_;
    std::deque<work_item> injection_;
    std::size_t urgent_ = 0;                      // those in front, of high priority
    std::atomic<std::size_t> injection_size_{0};  // written under the mutex, read without

    counters counters_;
    std::vector<std::thread> threads_;
};

}}}  // namespace bobbin::v0::detail
