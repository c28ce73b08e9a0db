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

progress_bar::progress_bar(std::uint64_t total, bool wanted)
    : total_(total), shown_(wanted && ::isatty(STDERR_FILENO) == 1) {
    if (shown_) {
        artist_ = std::jthread([this](const std::stop_token& stop) { draw_until(stop); });
    }
}

progress_bar::~progress_bar() = default;

void progress_bar::draw_until(const std::stop_token& stop) {
    bool drawn = false;
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, stop, redraw_interval, [&] { return stop.stop_requested(); })) {
        draw();
        drawn = true;
    }
    if (drawn) {
        write_to_terminal(erase_line);
    }
}

void progress_bar::draw() const {
    const std::uint64_t done = done_.load(std::memory_order_relaxed);  // a count, as in advance
    const double share = static_cast<double>(done) / static_cast<double>(total_);
    const auto filled = static_cast<std::size_t>(share * bar_width);
    write_to_terminal(fmt::format("\r[{:#<{}}{:.<{}}] {} of {}", "", filled, "", bar_width - filled,
                                  done, total_));
}

}  // namespace apps
