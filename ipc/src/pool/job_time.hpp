// The limit in time of the job that a worker runs.
#pragma once

#include "pool/job_ring.hpp"

#include <bobbin/runtime/detail/jobs/attempt.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <typeinfo>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class job_time {
public:
    explicit job_time(timed_job& told) noexcept : told_(&told) {}

    // Tells the application when it began, if it has a limit.
    void begin(std::uint64_t number) {
        limit_ = std::chrono::nanoseconds(told_->number == number ? told_->limit_ns : 0);
        if (limit_.count() == 0) return;
        began_ = clock::now();
        const std::chrono::nanoseconds time = began_.time_since_epoch();
        told_->begun_ns.store(static_cast<std::uint64_t>(time.count()), std::memory_order_relaxed);
    }
    // Whether the application has noticed or not.
    [[nodiscard]] bool is_over() const {
        return limit_.count() != 0 && clock::now() - began_ > limit_;
    }
    // Of a job that took longer. `callable`: null if it is not known.
    [[nodiscard]] std::exception_ptr error(const std::type_info* callable) const noexcept {
        return bobbin::detail::timed_out_error(callable, limit_);
    }

private:
    using clock = std::chrono::steady_clock;
    timed_job* told_;
    std::chrono::nanoseconds limit_{0};  // 0: none
    clock::time_point began_;            // if it has one
};

}}}  // namespace bobbin::v0::ipc::detail
