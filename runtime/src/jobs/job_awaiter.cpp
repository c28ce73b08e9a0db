// See job_awaiter.hpp.
#include "task/unseen_error.hpp"

#include <bobbin/runtime/detail/jobs/job_awaiter.hpp>
#include <bobbin/runtime/detail/task/cancelled_access.hpp>
#include <bobbin/runtime/errors.hpp>

#include <exception>

namespace bobbin { inline namespace v0 { namespace detail {

void rethrow_if_failed(job_core& job) {
    try {
        rethrow_as_own(job);
    } catch (const cancelled&) {
        cancelled_access::throw_of_a_job();
    }
}

void rethrow_as_own(job_core& job) {
    const auto status = job.status();
    if (status == job_status::cancelled) throw cancelled();
    if (status != job_status::failed) return;
    job.seen();
    std::rethrow_exception(job.error);
}

void report_callback_error() noexcept {
    report_unseen(std::current_exception());
}

bool job_waiter::suspend(work_item awaiter, join_scope& scope) {
    awaiter_ = {awaiter, scope.pool};
    watch_.arm(scope, *this);
    // From here on the task may be resumed elsewhere.
    return job_->listen(*this);
}

void job_waiter::stop() noexcept {
    if (job_->forget(*this)) awaiter_.resume();
}

void job_waiter::job_ended() noexcept {
    awaiter_.resume();
}

void job_waiter::await_resume() {
    watch_.disarm();
    if (!job_->ended()) throw cancelled();
}

}}}  // namespace bobbin::v0::detail
