// See batch_control.hpp.
#include <bobbin/runtime/detail/jobs/batch_control.hpp>

#include <algorithm>

namespace bobbin { inline namespace v0 { namespace detail {

std::size_t batch_control::grant(std::size_t last, std::size_t left) const noexcept {
    if (closed_) return 0;
    // A share of the window, so that one runner leaves something for the others.
    const auto share =
        std::max<std::size_t>((taken_ - released_ + room()) / limits_.most_runners, 1);
    const auto most = std::min(room(), share);
    if (limits_.chunk != automatic && !limits_.more_at_once) return std::min(limits_.chunk, most);
    // Towards the end less and less, so that all have something to do.
    const auto fair = std::max<std::size_t>(left / 2 / limits_.most_runners, 1);
    return std::min({fitting_a_chunk(last), most, fair});
}

std::size_t batch_control::fitting_a_chunk(std::size_t last) const noexcept {
    const auto time_ns = static_cast<double>(limits_.chunk_time.count());
    // At most twice what it was: the next jobs may be longer than those before.
    const auto most = static_cast<double>(std::max<std::size_t>(2 * last, 1));
    return static_cast<std::size_t>(std::clamp(job_ns_ > 0 ? time_ns / job_ns_ : 1, 1.0, most));
}

void batch_control::measured(std::size_t jobs, std::chrono::nanoseconds time) noexcept {
    const auto each = std::max(static_cast<double>(time.count()), 1.0) / static_cast<double>(jobs);
    job_ns_ = job_ns_ > 0 ? job_ns_ + (each - job_ns_) / 8 : each;
}

bool batch_control::wants_runner() const noexcept {
    return !closed_ && pulling_ < limits_.most_runners && room() > 0 &&
           // Not for every single place that becomes free, if something is under way.
           (pulling_ == 0 || room() >= limits_.window / 2 || limits_.chunk <= room());
}

}}}  // namespace bobbin::v0::detail
