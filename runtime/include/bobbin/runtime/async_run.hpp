// Work of pools as Asio's asynchronous operations, with any completion token.
#pragma once

#include <bobbin/runtime/detail/asio/job_wait.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/task.hpp>

#include <boost/asio/async_result.hpp>

#include <exception>
#include <type_traits>
#include <utility>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 {
namespace detail {

struct begin_job_wait {
    template <class Handler, class R>
    void operator()(Handler handler, job<R> awaited) const {
        job_wait<R, Handler>::begin(std::move(handler), std::move(awaited));
    }
};

// What a task can be given to: it does not cross to another process.
template <class Pool>
concept pool_for_tasks = Pool::takes_captures;

template <class Pool>
struct begin_task {
    Pool* pool;

    template <class Handler, class R>
    void operator()(Handler handler, task<R> work) const {
        using wait = job_wait<R, Handler>;
        job<R> begun;
        try {
            auto call = [work = std::move(work)]() mutable { return std::move(work); };
            begun = pool->submit(std::move(call));
        } catch (...) {
            return wait::fail(std::move(handler), std::current_exception());
        }
        wait::begin(std::move(handler), std::move(begun));
    }
};

}  // namespace detail

// Completes when the job has ended, with `void(std::exception_ptr, R)`, or
// `void(std::exception_ptr)` for a job without a value: the value is moved out; an error is what
// the job has failed with, or `cancelled`, and comes with an R() beside it. So any pool's work,
// that of processes too, is one `co_await` away from other coroutines:
//
//     boost::asio::awaitable<void> session(…) {
//         long n = co_await bobbin::async_wait(processes.submit(count, 7), asio::use_awaitable);
//
// All tokens will do: use_awaitable, use_future, deferred, detached, a callback; with
// bind_executor, bind_allocator, bind_cancellation_slot, as_tuple around them.
//
// Where. On the handler's executor, whose context is busy until then (`outstanding_work`); a
// handler without one is called on a thread of the job's pool, and what it throws goes to the error
// handler. Never inside this call: where the job has ended already, the handler is posted.
//
// Cancellation. Of whatever type, it cancels the job as `job::cancel` does: it has not begun, or is
// asked to stop; then it completes when the job has ended. A cancellation must be emitted where the
// handler's executor allows it, as always in Asio.
//
// Any thread. Throws std::bad_alloc. In a child of fork() it completes with `pool_closed`.
template <class R, class Token>
auto async_wait(job<R> awaited, Token&& token) {
    return boost::asio::async_initiate<Token, typename detail::completion_with<R>::signature>(
        detail::begin_job_wait(), token, std::move(awaited));
}

// Runs the task on the pool; the rest as `async_wait`. The task begins when the operation does,
// which is later with lazy tokens (deferred, use_awaitable); a pool that takes no more work is an
// error that it completes with. The pool must be there until then.
//
//     std::future<int> answer = bobbin::async_run(pool, think(), boost::asio::use_future);
template <detail::pool_for_tasks Pool, class R, class Token>
auto async_run(Pool& pool, task<R> work, Token&& token) {
    static_assert(!std::is_reference_v<R>,
                  "bobbin: async_run: a completion handler gets values: return a pointer or "
                  "a std::reference_wrapper");
    return boost::asio::async_initiate<Token, typename detail::completion_with<R>::signature>(
        detail::begin_task<Pool>{&pool}, token, std::move(work));
}

}}  // namespace bobbin::v0

BOBBIN_END_COROUTINES_OF_LAMBDAS
