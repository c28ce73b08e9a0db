// What a job, or the call of a process, is given where it runs.
#pragma once

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <cstddef>
#include <span>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Given to a job by the worker that runs it.
class job_context {
public:
    job_context(const job_context&) = delete;
    job_context& operator=(const job_context&) = delete;

    std::span<const std::byte> arguments;
    segment_source* segments = nullptr;  // of the arguments

    // What the result is written to, when the job has returned it.
    virtual writer& result() = 0;
    // Sends the result, which is all there. Whatever the destructors of the arguments take, or do
    // to the process, is no part of the job; if there are any, who waits is told before them.
    virtual void send_result(bool has_destructors) = 0;
    // Where jobs that are coroutines run, with timers and sockets.
    virtual thread_pool& runtime() = 0;
    // While that one runs, the worker asks it to stop when it is told to.
    virtual void begins(bobbin::detail::job_core& coroutine) = 0;
    virtual void ended() noexcept = 0;

protected:
    job_context() = default;
    ~job_context() = default;
};

}}}  // namespace bobbin::v0::ipc::detail
