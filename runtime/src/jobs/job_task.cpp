// See job_task.hpp.
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/detail/jobs/job_task.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>
#include <bobbin/runtime/errors.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

bool is_thread_of(const pool_core* pool) noexcept {
    return pool != nullptr && pool->runs_on_this_thread();
}

void job_task_ended(pool_core* pool) noexcept {
    if (pool != nullptr) pool->task_ended();
}

void end_job(job_core& job, const promise_base& ended, bool alarmed) noexcept {
    // It may not have begun: because of its own cancellation, or of its pool's.
    job.settle_unclaimed();
    if (alarmed ? job.begin_settling() : job.status() == job_status::running) {
        job.error = ended.error;
        // As for tasks that nobody awaits: having been stopped is nothing to report.
        if (ended.state == task_state::cancelled) job.seen();
        job.settle(ended.state == task_state::value ? job_status::done : job_status::failed);
    } else if (job.status() != job_status::cancelled) {
        return;  // its alarm has settled it, and told everybody
    }
    job.close();
}

void expire_job(job_core& job, const std::type_info* callable, time_span limit) noexcept {
    if (!job.begin_settling()) return;
    job.error = timed_out_error(callable, limit);
    job.settle(job_status::failed);
    job.close();
}

}}}  // namespace bobbin::v0::detail
