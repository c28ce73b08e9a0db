// Running a job's function as its options say: again after an error, and not longer than it may.
#pragma once

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/os/needs_rtti.hpp>
#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/detail/task/timed_scope.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/task.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <typeinfo>
#include <utility>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 { namespace detail {

// `cancelled` and `timed_out` are no reason to try again.
bool may_try_again(const std::exception_ptr& error) noexcept;
// `timed_out`, of a callable with its arguments (null: not known); std::bad_alloc if there is no
// memory for it.
std::exception_ptr timed_out_error(const std::type_info* callable, time_span limit) noexcept;

// What an ended task has ended with.
template <class R, class T>
outcome<R> outcome_of_ended(task<T>& ended) {
    return outcome_of<R>([&ended]() -> decltype(auto) { return promise_of(ended).take(); });
}

// Awaits the call `make()` in `scope`.
template <class R, class Make>
task<outcome<R>> finish_call(Make& make, join_scope& scope) {
    if constexpr (awaited_result<std::invoke_result_t<Make&>>::is_task) {
        std::invoke_result_t<Make&> work;
        std::exception_ptr error;
        try {
            work = make();
            check_awaitable(work);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) co_return outcome<R>::failure(std::move(error));
        co_await run_in(scope, work);
        co_return outcome_of_ended<R>(work);
    } else {
        co_return outcome_of<R>(make);
    }
}

// The same with a limit; `expired` is called on a thread of the pool as soon as it has passed. That
// may be never: in a task without a pool nobody can watch the time, and in a pool whose threads are
// all busy nobody does. So it is looked at afterwards too.
template <class R, class Make>
task<outcome<R>> finish_call_in_time(Make& make, const std::type_info* callable, time_span limit,
                                     std::function<void()> expired) {
    auto& enclosing = co_await current_scope();
    const deadline until = deadline::after(limit);
    std::optional<timed_scope> watched;
    if (enclosing.pool != nullptr) watched.emplace(enclosing, limit, std::move(expired));
    auto& scope = watched ? watched->scope() : enclosing;
    outcome<R> result = co_await finish_call<R>(make, scope);
    if ((watched && watched->passed()) || until.has_passed())
        co_return outcome<R>::failure(timed_out_error(callable, limit));
    co_return result;
}

// Runs `make(is_last)`, which calls the callable and returns the result or a task for it, until it
// has one or it was the last try.
template <class R, class Make>
task<outcome<R>> attempt(const std::type_info* callable, time_span limit, unsigned retries,
                         Make make, std::function<void()> expired) {
    auto& scope = co_await current_scope();
    for (loop_pace pace;; --retries) {
        auto once = [&make, last = retries == 0] { return make(last); };
        std::optional<outcome<R>> result;
        if (limit == time_span::zero) {
            outcome<R> ended = co_await finish_call<R>(once, scope);
            result.emplace(std::move(ended));
        } else {
            outcome<R> ended = co_await finish_call_in_time<R>(once, callable, limit, expired);
            result.emplace(std::move(ended));
        }
        if (*result || retries == 0 || !may_try_again(result->error()))
            co_return std::move(*result);
        co_await pace.turn();
        if (scope.stop_requested()) co_return std::move(*result);
    }
}

}}}  // namespace bobbin::v0::detail

BOBBIN_END_COROUTINES_OF_LAMBDAS
