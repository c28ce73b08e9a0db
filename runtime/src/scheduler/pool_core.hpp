// The inside of a thread_pool: its threads, in Asio's pool; who may come in; when its life ends.
// What the threads do is pool_loop's.
#pragma once

#include "scheduler/pool_loop.hpp"
#include "scheduler/thread_setup.hpp"

#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/priority.hpp>
#include <bobbin/runtime/thread_pool_options.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

inline constexpr unsigned most_threads = 32767;  // half of what `parking` can count

class pool_core : public left_to_parent {
public:
    explicit pool_core(const thread_pool_options& options);

    // Once, before all else. What it throws is the C++ library's, for a thread that can't be had,
    // or what a hook of the user's has thrown.
    void start();

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
    thread_pool_stats stats() const noexcept { return loop_.stats(); }

    // The outermost scope: what is stopped by `stop`.
    join_scope& scope() noexcept { return spawned_; }
    boost::asio::thread_pool& asio() noexcept { return asio_; }
    pool_loop& loop() noexcept { return loop_; }
    unsigned size() const noexcept { return loop_.threads(); }
    bool runs_on_this_thread() const noexcept;

private:
    [[noreturn]] void throw_forked() const;
    void start_threads(const std::string& name);
    void join_threads() noexcept;
    void run_thread(unsigned index, const std::string& name) noexcept;
    static std::coroutine_handle<> spawned_ended(join_scope& scope, promise_base& child) noexcept;

    boost::asio::thread_pool asio_;
    pool_loop loop_;
    custom_scope spawned_;
    const home_process home_;
    std::atomic<bool> closed_{false};
    std::atomic<std::size_t> leaving_{0};  // threads in `task_ended`
    const std::string name_;
    thread_setup setup_;
    std::vector<std::thread> threads_;
};

}}}  // namespace bobbin::v0::detail
