// A job in this process: a coroutine whose frame holds all of it, result and status included. The
// pool begins it like any task; the object that `submit` returns and the pool share it.
#pragma once

#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/jobs/check_options.hpp>
#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/detail/scheduler/start_member.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/detail/task/task_promise.hpp>
#include <bobbin/runtime/job.hpp>

#include <concepts>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 { namespace detail {

// Whether the calling thread is one of the pool's.
bool is_thread_of(const pool_core* pool) noexcept;
// The end of a job that was started with `keeps_pool::yes`.
void job_task_ended(pool_core* pool) noexcept;
// The status that follows from how the coroutine ended. Tells everybody. `alarmed`: it may have
// been settled before.
void end_job(job_core& job, const promise_base& ended, bool alarmed) noexcept;

template <class R>
struct job_returns : job_state<R> {
    using job_state<R>::job_state;
    template <std::convertible_to<R> U = R>
    void return_value(U&& value) {
        this->set_value(std::forward<U>(value));
    }
};
template <>
struct job_returns<void> : job_state<void> {
    using job_state<void>::job_state;
    void return_void() const noexcept {}
};

template <class R>
class job_task {
public:
    class promise_type final : public awaiting<promise_base>, public job_returns<R> {
    public:
        promise_type() noexcept : job_returns<R>(kind()), own_scope(ended) {
            static_assert(alignof(promise_type) <= usual_alignment, "or `handle_of` misses it");
        }
        job_task get_return_object() noexcept { return job_task(*this); }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        final_awaiter final_suspend() noexcept {
            if (promise_base::state == task_state::unfinished)
                promise_base::state = task_state::value;
            return {};
        }

        custom_scope own_scope;
        keeps_pool keeps = keeps_pool::no;
        bool alarmed = false;

    private:
        static promise_type& of(job_core& core) noexcept {
            return static_cast<promise_type&>(core);
        }
        static std::coroutine_handle<> ended(join_scope& scope, promise_base& child) noexcept {
            auto& self = static_cast<promise_type&>(child);
            auto* const pool = scope.pool;
            const auto kept = self.keeps;
            end_job(self, child, self.alarmed);
            self.drop();
            if (kept == keeps_pool::yes) job_task_ended(pool);
            return nullptr;
        }
        static void request_stop(job_core& job) noexcept { of(job).own_scope.stop.request_stop(); }
        static bool runs_here(const job_core& job) noexcept { return is_thread_of(home(job)); }
        static const pool_core* home(const job_core& job) noexcept {
            return static_cast<const promise_type&>(job).own_scope.pool;
        }
        static void destroy(job_core& job) noexcept { handle_of(of(job)).destroy(); }
        static const job_core::operations& kind() noexcept {
            static constexpr job_core::operations own = {request_stop, runs_here, destroy, home};
            return own;
        }
    };

    explicit job_task(promise_type& own) noexcept : promise(&own) {}
    promise_type* const promise;
};

// `co_await claim_job()`, first in a job: that it runs now. Throws `cancelled` if it must not.
// (Both lie in the job's frame, of which there may be millions: hence two small types.)
class claim_awaiter {
public:
    claim_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> own) noexcept {
        if (own.promise().claim()) claimed_ = &own.promise();
        return false;
    }
    job_core& await_resume() const {
        if (claimed_ == nullptr) throw cancelled();
        return *claimed_;
    }

private:
    job_core* claimed_ = nullptr;
};
struct claim_job {
    claim_awaiter await_native() const noexcept { return {}; }
};

template <class F, class... Args>
inline constexpr bool can_be_repeated = (std::copy_constructible<Args> && ...) &&
                                        (!is_consumed<F, Args...> || std::copy_constructible<F>);

template <class R, class F, class... Args>
job_task<R> run_job(F f, Args... args) {
    co_await claim_job();
    if constexpr (call<F, Args...>::is_task)
        co_return co_await std::invoke(as_callee<Args...>(f), std::move(args)...);
    else
        co_return std::invoke(as_callee<Args...>(f), std::move(args)...);
}

// Called by the alarm of a job whose time has passed.
void expire_job(job_core& job, const std::type_info* callable, time_span limit) noexcept;

template <class R, class F, class... Args>
job_task<R> run_job_as_told(job_options options, F f, std::tuple<Args...> args) {
    job_core& job = co_await claim_job();
    // A call that consumes its function gets a copy, which lives as long as a coroutine that it is.
    std::optional<std::conditional_t<is_consumed<F, Args...>, F, std::monostate>> consumed;
    auto make = [&](bool last) -> typename call<F, Args...>::returned {
        if constexpr (can_be_repeated<F, Args...>)
            if (!last) {
                std::tuple<Args...> copies(args);
                if constexpr (is_consumed<F, Args...>) {
                    consumed.emplace(f);
                    return std::apply(std::move(*consumed), std::move(copies));
                } else {
                    return std::apply(std::as_const(f), std::move(copies));
                }
            }
        return std::apply(as_callee<Args...>(f), std::move(args));
    };
    // The alarm may be running when the job ends: it holds a reference.
    std::function<void()> expired;
    if (options.timeout != time_span::zero)
        expired = [shared = job_ref<job_core>(&job), limit = options.timeout] {
            expire_job(*shared, &typeid(F(Args...)), limit);
        };
    auto trying = attempt<R>(&typeid(F(Args...)), options.timeout, options.retries, std::move(make),
                             std::move(expired));
    outcome<R> result = co_await std::move(trying);
    co_return std::move(result).value();
}

// `root` is the pool's outermost scope. May throw std::bad_alloc, and what copying the arguments
// throws; then nothing was started.
template <class R, class F, class... Args>
job<R> start_job(join_scope& root, const job_options& options, F f, Args... args) {
    check(options);
    const bool plain = options.timeout == time_span::zero && options.retries == 0;
    if (options.retries > 0 && !can_be_repeated<F, Args...>)
        throw std::invalid_argument(
            "bobbin: retries need arguments that can be copied, and so must a callable that is "
            "called as an rvalue");
    auto& promise = *(plain ? run_job<R, F, Args...>(std::move(f), std::move(args)...)
                            : run_job_as_told<R, F, Args...>(
                                  options, std::move(f), std::tuple<Args...>(std::move(args)...)))
                         .promise;
    job_ref<job_state<R>> pools(&promise, adopt_reference);
    job_ref<job_state<R>> ours(&promise, adopt_reference);
    promise.own_scope.open(root);
    promise.keeps = plain && !call<F, Args...>::is_task ? keeps_pool::no : keeps_pool::yes;
    promise.alarmed = options.timeout != time_span::zero;
    start_member(promise.own_scope, promise, options.priority, promise.keeps);
    pools.detach();
    return job_access::make<R>(std::move(ours));
}

}}}  // namespace bobbin::v0::detail

BOBBIN_END_COROUTINES_OF_LAMBDAS
