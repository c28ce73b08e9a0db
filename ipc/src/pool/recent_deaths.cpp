// See recent_deaths.hpp.
#include "pool/recent_deaths.hpp"

#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void recent_deaths::count(std::string death, clock::time_point when) {
    times_.push_back(when);
    last_ = std::move(death);
}

std::optional<std::string> recent_deaths::are_too_many(clock::time_point now) {
    const auto [most, period] = limit_;
    while (!times_.empty() && now - times_.front() > period.nanoseconds()) times_.pop_front();
    if (times_.size() <= most) return std::nullopt;
    const auto count = times_.size();
    return (count == 1 ? "a worker has died" : std::to_string(count) + " workers have died") +
           (period.is_endless() ? "" : " within " + to_string(period)) +
           ". The last death: " + last_;
}

}}}  // namespace bobbin::v0::ipc::detail
