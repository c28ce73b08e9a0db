// Work that makes and ends very many frames, and what it takes of memory. For a process of its own.
#pragma once

#include "memory.hpp"

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace test {

inline bobbin::task<long> fib(int n) {
    if (n < 2) co_return n;
    auto [a, b] = co_await bobbin::when_all(fib(n - 1), fib(n - 2));
    co_return a + b;
}

inline long most_resident_in_fib(int n) {
    bobbin::thread_pool pool({.threads = 2, .name = "test"});
    return bobbin::sync_wait(pool, fib(n)) > 0 ? most_resident_bytes() : -1;
}

// One vector at a time from one thread to another.
template <class T>
class hand_over {
public:
    void give(std::vector<T> given) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !full_; });
        held_ = std::move(given);
        full_ = true;
        changed_.notify_one();
    }
    std::vector<T> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return full_; });
        full_ = false;
        changed_.notify_one();
        return std::exchange(held_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool full_ = false;
    std::vector<T> held_;
};

template <std::size_t Size>
bobbin::task<void> frame_of_at_least() {
    std::array<char, Size> held{};
    held.back() = 1;
    // Across a suspension, so that it is in the frame.
    static_cast<void>(co_await bobbin::this_stop_token());
    if (held.back() != 1) std::terminate();
}

// By how much resident memory grows while `count` frames are made on one thread and ended on
// another, half of them without having begun, after as many as a tenth of them.
inline long growth_by_handing_over(int count) {
    constexpr int batch = 1000;
    hand_over<bobbin::task<void>> middle;
    std::thread ending([&] {
        for (int done = 0; done < count + count / 10; done += batch) {
            auto tasks = middle.take();
            for (std::size_t i = 0; i < tasks.size(); i += 2)
                bobbin::sync_wait(std::move(tasks[i]));
        }
    });
    const auto make = [&middle](int number) {
        for (int made = 0; made < number; made += batch) {
            std::vector<bobbin::task<void>> tasks;
            tasks.reserve(batch);
            while (tasks.size() < batch) {
                tasks.push_back(frame_of_at_least<8>());
                tasks.push_back(frame_of_at_least<8>());
                tasks.push_back(frame_of_at_least<500>());
                tasks.push_back(frame_of_at_least<1500>());
            }
            middle.give(std::move(tasks));
        }
    };
    make(count / 10);
    const long before = most_resident_bytes();
    make(count);
    ending.join();
    return std::max(0L, most_resident_bytes() - before);
}

}  // namespace test
