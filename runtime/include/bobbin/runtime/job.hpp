// A job: work that was handed to a pool and will have a result.
#pragma once

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/jobs/job_awaiter.hpp>
#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

// What `submit` returns; Python's Future.
//
//     bobbin::job<int> j = pool.submit(multiply, 6, 7);     // it may begin at once
//     j.on_done([](const bobbin::job<int>& ended) { … });
//     int v = co_await std::move(j);                        // in a task; elsewhere j.get()
//
// A job is pending until a worker executes it, then running, then done (it has a value) or failed
// (it threw); or it is cancelled and never runs. A job that ran is not cancelled, also if it ended
// by throwing `cancelled`: then it has failed with that.
//
// Dropping the object lets the job run on. An exception that nobody has been shown by then goes to
// the error handler (`set_error_handler`). It may outlive its pool. In a child of fork(), a job
// that had not ended stays so: to wait for it or to give it a callback throws `pool_closed`.
//
// Threads. All const members may be called from any thread, at once. R is void or an object type.
template <class R>
class [[nodiscard]] job {
public:
    using value_type = R;
    using const_reference = std::add_lvalue_reference_t<std::add_const_t<R>>;

    // No job: only to be assigned to, and to be asked by `operator bool`.
    job() noexcept = default;
    job(job&&) noexcept = default;
    job& operator=(job&&) noexcept = default;
    ~job() = default;
    explicit operator bool() const noexcept { return static_cast<bool>(state_); }

    job_status status() const noexcept { return state_->status(); }
    bool pending() const noexcept { return status() == job_status::pending; }
    bool running() const noexcept { return status() == job_status::running; }
    bool done() const noexcept { return state_->ended(); }  // with whatever
    bool failed() const noexcept { return status() == job_status::failed; }
    bool cancelled() const noexcept { return status() == job_status::cancelled; }

    // True if the job is cancelled, now or before: it has not run and never will. A job that runs
    // is asked to stop (see `this_stop_token`), and false is returned.
    bool cancel() const noexcept { return state_->cancel(); }

    // Blocks until the job has ended; its value, or throws its exception, `cancelled` for a job
    // that is. As often as one likes. Unless the job has ended, it throws `would_deadlock`
    //   - on a thread of the pool that runs the job, also if that has other threads;
    //   - on a thread of another thread_pool, if it is the last that is not blocked: if all threads
    //     of these two pools (and of others in between) would wait for work of each other, in get,
    //     wait or sync_wait. Only cancelling from outside could wake them.
    // Not noticed: threads that block for anything else (a mutex, a std::future, a queue, a job of
    // an ipc::process_pool), and those that are no pool's.
    const_reference get() const&;
    // `std::move(j).get()`, and get() of what submit returns: the same, but moves the value out.
    R get() &&;
    // Block in the same way, and throw nothing of the job's.
    void wait() const { static_cast<void>(state_->wait(deadline::never)); }
    // At most so long, or until then: true if it has ended. Throw `would_deadlock` only on threads
    // of the job's pool.
    [[nodiscard]] bool wait_for(time_span longest) const {
        return wait_until(deadline::after(longest));
    }
    [[nodiscard]] bool wait_until(deadline until) const { return state_->wait(until); }

    // Calls `callback(job)` when the job has ended, once: on a thread of its pool, in the order in
    // which they were given; here and now if all that is over. What it throws goes to the error
    // handler. It may do anything but block. May throw std::bad_alloc.
    template <class F>
    void on_done(F callback) const;

    // `co_await std::move(j)`: waits for the end and moves the value out, or throws the job's
    // exception. `co_await j` gives a const reference, as often as one likes. If the awaiting task
    // is asked to stop meanwhile, `cancelled` is thrown; the job runs on, unless `cancel` is
    // called.
    auto await_native() const& noexcept { return detail::job_awaiter<R, false>(state_.get()); }
    auto await_native() && noexcept { return detail::job_awaiter<R, true>(state_.get()); }

private:
    friend struct detail::job_access;
    explicit job(detail::job_ref<detail::job_state<R>> state) noexcept : state_(std::move(state)) {}

    detail::job_ref<detail::job_state<R>> state_;
};

template <class R>
auto job<R>::get() const& -> const_reference {
    wait();
    detail::rethrow_if_failed(*state_);
    if constexpr (!std::is_void_v<R>) return state_->value();
}

template <class R>
R job<R>::get() && {
    wait();
    detail::rethrow_if_failed(*state_);
    if constexpr (!std::is_void_v<R>) return std::move(state_->value());
}

template <class R>
template <class F>
void job<R>::on_done(F callback) const {
    constexpr bool fits = std::is_invocable_v<F, const job<R>&>;
    static_assert(fits, "bobbin: on_done: the callback must be callable with a const job<R>&");
    if constexpr (fits) {
        auto call = [callback = std::move(callback)](detail::job_core& core) mutable {
            auto& state = static_cast<detail::job_state<R>&>(core);
            const job<R> ended{detail::job_ref<detail::job_state<R>>(&state)};
            std::move(callback)(ended);
        };
        detail::job_callback<decltype(call)>::add(*state_, std::move(call));
    }
}

}}  // namespace bobbin::v0
