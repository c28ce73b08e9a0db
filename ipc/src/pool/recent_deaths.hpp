// The deaths of workers, and when there have been too many in too short a time. No clock of its
// own.
#pragma once

#include <bobbin/ipc/process_pool_options.hpp>

#include <chrono>
#include <deque>
#include <optional>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class recent_deaths {
public:
    using clock = std::chrono::steady_clock;

    explicit recent_deaths(const restart_intensity& limit) : limit_(limit) {}

    // May throw std::bad_alloc; then it has not been counted.
    void count(std::string death, clock::time_point when);
    // Why there are too many, if so.
    [[nodiscard]] std::optional<std::string> are_too_many(clock::time_point now);

private:
    const restart_intensity limit_;
    std::deque<clock::time_point> times_;  // those that may still count
    std::string last_;
};

}}}  // namespace bobbin::v0::ipc::detail
