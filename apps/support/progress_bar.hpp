#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace apps {

// "[##########..............................] 5 of 20"; full if there is nothing to do.
std::string progress_text(std::uint64_t done, std::uint64_t total);

// A bar on stderr that says how much of the work is done, for as long as it lives; then its line
// is empty again. It appears only if stderr is a terminal.
class progress_bar {
public:
    // When the bar is drawn.
    enum class drawn : std::uint8_t {
        meanwhile,   // by a thread, from when the work lasts long enough to wait. Any thread may
                     // call advance(), which costs nothing measurable when there is no bar
        in_advance,  // at once and in each advance(), by one thread: nothing runs beside the work
    };

    // `wanted` false: there is no bar, whatever stderr is.
    progress_bar(std::uint64_t total, bool wanted, drawn when = drawn::meanwhile);
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar();

    // One more piece of the work is done.
    void advance() {
        if (shown_) {
            done_.fetch_add(1, std::memory_order_relaxed);  // a count, which orders nothing
            if (when_ == drawn::in_advance) {
                draw();
            }
        }
    }

private:
    void draw_until(const std::stop_token& stop);
    void draw() const;

    const std::uint64_t total_;
    const bool shown_;
    const drawn when_;
    std::atomic<std::uint64_t> done_ = 0;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread artist_;  // last, so that it ends before what it uses
};

}  // namespace apps
