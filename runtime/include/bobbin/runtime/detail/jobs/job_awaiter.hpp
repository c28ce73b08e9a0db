// How a job is awaited and listened to.
#pragma once

#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

template <class R>
class job;

namespace detail {

struct job_access {
    template <class R>
    static job<R> make(job_ref<job_state<R>> state) noexcept {
        return job<R>(std::move(state));
    }
    template <class R>
    static job_state<R>& state(const job<R>& of) noexcept {
        return *of.state_;
    }
};

// Throws what an ended job has failed with, `cancelled` if it is. It counts as seen.
void rethrow_if_failed(job_core& job);
// The same of a job that is a part of the awaiting task, and is cancelled with it.
void rethrow_as_own(job_core& job);

// Hands the exception that is being handled to the error handler.
void report_callback_error() noexcept;

// Owns itself from `add` on.
template <class F>
class job_callback final : private job_listener {
public:
    static void add(job_core& job, F call) {
        std::unique_ptr<job_callback> made(new job_callback(job, std::move(call)));
        job_callback& own = *made;
        if (job.listen(own))
            static_cast<void>(made.release());
        else
            made.release()->job_ended();
    }

private:
    job_callback(job_core& job, F call) noexcept(std::is_nothrow_move_constructible_v<F>)
        : job_listener(false), job_(&job), call_(std::move(call)) {}

    void job_ended() noexcept override {
        const std::unique_ptr<job_callback> own(this);
        try {
            call_(*job_);
        } catch (...) {
            report_callback_error();
        }
    }

    job_core* job_;
    F call_;
};

// Waits for a job's end, whatever the waiting task is asked.
class job_end : private job_listener {
public:
    explicit job_end(job_core& job) noexcept : job_listener(true), job_(&job) {}

    bool await_ready() const noexcept { return job_->ended(); }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) {
        awaiter_ = {as_resumption(awaiter), awaiter.promise().scope->pool};
        return job_->listen(*this);
    }
    void await_resume() const noexcept {}
    job_end await_native() const noexcept { return job_end(*job_); }

private:
    void job_ended() noexcept override { awaiter_.resume(); }

    job_core* job_;
    suspended_task awaiter_;
};

// Waits for a job's end, or until the waiting task is asked to stop.
class job_waiter : private job_listener {
public:
    explicit job_waiter(job_core& job) noexcept : job_listener(true), job_(&job) {}

    bool await_ready() const noexcept { return job_->ended(); }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) {
        return suspend(as_resumption(awaiter), *awaiter.promise().scope);
    }
    // Throws `cancelled` if it was stopped before the job's end.
    void await_resume();
    job_waiter await_native() const noexcept { return job_waiter(*job_); }

protected:
    job_core& awaited() const noexcept { return *job_; }

private:
    friend stop_watch<job_waiter>;
    bool suspend(work_item awaiter, join_scope& scope);
    void stop() noexcept;
    void job_ended() noexcept override;

    job_core* job_;
    suspended_task awaiter_;
    stop_watch<job_waiter> watch_;
};

template <class R, bool moving>
class job_awaiter : public job_waiter {
public:
    explicit job_awaiter(job_state<R>* state) noexcept : job_waiter(*state) {}

    std::conditional_t<moving, R, std::add_lvalue_reference_t<std::add_const_t<R>>> await_resume() {
        job_waiter::await_resume();
        rethrow_if_failed(awaited());
        if constexpr (std::is_void_v<R>)
            return;
        else if constexpr (moving)
            return std::move(state().value());
        else
            return state().value();
    }

private:
    job_state<R>& state() const noexcept { return static_cast<job_state<R>&>(awaited()); }
};

}  // namespace detail
}}  // namespace bobbin::v0
