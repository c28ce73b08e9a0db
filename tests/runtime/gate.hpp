// Foreign awaitables for tests: what another library would bring along. They know nothing of tasks.
#pragma once

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/this_task.hpp>

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace test {

// Shut until it is opened, for good. Any number may wait; `open` resumes them one after another, on
// the thread that calls it. From any thread.
class gate {
public:
    class waiter {
    public:
        explicit waiter(gate& at) noexcept : at_(at) {}
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> waiting) noexcept {
            waiting_ = waiting;
            const std::lock_guard lock(at_.mutex_);
            if (at_.open_) return false;
            next_ = std::exchange(at_.first_, this);
            return true;
        }
        void await_resume() const noexcept {}

    private:
        friend gate;
        gate& at_;
        waiter* next_ = nullptr;
        std::coroutine_handle<> waiting_;
    };

    waiter operator co_await() noexcept { return waiter(*this); }

    void open() noexcept {
        waiter* first = nullptr;
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
            first = std::exchange(first_, nullptr);
        }
        while (first != nullptr) {
            // The waiter may be gone once it is resumed, and so may the gate.
            waiter* const next = first->next_;
            first->waiting_.resume();
            first = next;
        }
    }

private:
    std::mutex mutex_;
    bool open_ = false;
    waiter* first_ = nullptr;
};

// A thread that resumes what awaits it, in order. Its end waits for all that awaited it.
class foreign_thread {
public:
    class hop {
    public:
        explicit hop(foreign_thread& to) noexcept : to_(to) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) { to_.push(waiting); }
        std::thread::id await_resume() const noexcept { return std::this_thread::get_id(); }

    private:
        foreign_thread& to_;
    };

    foreign_thread() : thread_([this] { run(); }) {}
    foreign_thread(const foreign_thread&) = delete;
    foreign_thread& operator=(const foreign_thread&) = delete;
    ~foreign_thread() {
        push(nullptr);
        thread_.join();
    }

    hop operator co_await() noexcept { return hop(*this); }
    std::thread::id id() const noexcept { return thread_.get_id(); }

private:
    void push(std::coroutine_handle<> waiting) {
        const std::lock_guard lock(mutex_);
        queue_.push_back(waiting);
        changed_.notify_one();
    }
    void run() {
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !queue_.empty(); });
            const auto next = queue_.front();
            queue_.pop_front();
            lock.unlock();
            if (!next) return;
            next.resume();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::coroutine_handle<>> queue_;
    std::thread thread_;
};

// Suspends until the task is asked to stop, then ends as `cancelled`: as a cooperative task would.
inline bobbin::task<void> until_stopped() {
    const std::stop_token token = co_await bobbin::this_stop_token();
    gate asked;
    const std::stop_callback on_stop(token, [&asked] { asked.open(); });
    co_await asked;
    throw bobbin::cancelled();
}

}  // namespace test
