#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace apps {

/// A bar on stderr that says how much of the work is done, for as long as it lives; then its line
/// is empty again. It appears only if stderr is a terminal and the work lasts long enough to wait.
///
/// Any thread may call advance(), which costs nothing measurable when there is no bar.
class progress_bar {
public:
    /// `wanted` false: there is no bar, whatever stderr is.
    progress_bar(std::uint64_t total, bool wanted);
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar();

    /// One more piece of the work is done.
    void advance() {
        if (shown_) {
            done_.fetch_add(1, std::memory_order_relaxed);  // a count, which orders nothing
        }
    }

private:
    void draw_until(const std::stop_token& stop);
    void draw() const;

    const std::uint64_t total_;
    const bool shown_;
    std::atomic<std::uint64_t> done_ = 0;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread artist_;  // last, so that it ends before what it uses
};

}  // namespace apps
