// See progress_bar.hpp.
#include "progress_bar.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <fmt/format.h>
#include <stop_token>
#include <unistd.h>

namespace apps {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr std::size_t bar_width = 40;

constexpr const char* erase_line = "\r\x1b[K";

void write_to_terminal(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

}  // namespace

std::string progress_text(std::uint64_t done, std::uint64_t total) {
    const double share =
        done < total ? static_cast<double>(done) / static_cast<double>(total) : 1.0;
    const auto filled = static_cast<std::size_t>(share * bar_width);
    return fmt::format("[{:#<{}}{:.<{}}] {} of {}", "", filled, "", bar_width - filled, done,
                       total);
}

progress_bar::progress_bar(std::uint64_t total, bool wanted, drawn when)
    : total_(total), shown_(wanted && ::isatty(STDERR_FILENO) == 1), when_(when) {
    if (!shown_) {
        return;
    }
    if (when_ == drawn::in_advance) {
        draw();
    } else {
        artist_ = std::jthread([this](const std::stop_token& stop) { draw_until(stop); });
    }
}

progress_bar::~progress_bar() {
    if (shown_ && when_ == drawn::in_advance) {
        write_to_terminal(erase_line);
    }
}

void progress_bar::draw_until(const std::stop_token& stop) {
    bool was_drawn = false;
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, stop, redraw_interval, [&] { return stop.stop_requested(); })) {
        draw();
        was_drawn = true;
    }
    if (was_drawn) {
        write_to_terminal(erase_line);
    }
}

void progress_bar::draw() const {
    // A count, as in advance.
    const std::uint64_t done = done_.load(std::memory_order_relaxed);
    write_to_terminal(fmt::format("\r{}", progress_text(done, total_)));
}

}  // namespace apps
