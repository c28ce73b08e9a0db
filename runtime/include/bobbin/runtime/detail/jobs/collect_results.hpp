// The tasks that wait for a batch and collect its results: as values, as outcomes, or reduced to
// one.
#pragma once

#include <bobbin/runtime/detail/jobs/batch_results.hpp>
#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/result_stream.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/this_task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 { namespace detail {

template <class R>
using values = std::conditional_t<std::is_void_v<R>, void, std::vector<R>>;

template <class R>
task<values<R>> collect_values(std::shared_ptr<batch_results<R>> batch) {
    batch->nest_in(co_await current_scope());
    co_await batch_waiter(*batch, batch_waiter::until::end);
    if constexpr (std::is_void_v<R>) {
        batch->read_all([](outcome<void>&&) {});
    } else {
        std::vector<R> all;
        all.reserve(batch->count());
        batch->read_all([&all](outcome<R>&& each) { all.push_back(std::move(each).value()); });
        co_return all;
    }
}

template <class R>
task<std::vector<outcome<R>>> collect_outcomes(std::shared_ptr<batch_results<R>> batch) {
    batch->nest_in(co_await current_scope());
    co_await batch_waiter(*batch, batch_waiter::until::end);
    std::vector<outcome<R>> all;
    all.reserve(batch->count());
    batch->read_all([&all](outcome<R>&& each) { all.push_back(std::move(each)); });
    co_return all;
}

template <class R, class Reduce, class T>
task<T> reduce_values(std::shared_ptr<batch_results<R>> batch, Reduce reduce, T value) {
    auto& scope = co_await current_scope();
    batch->nest_in(scope);
    std::exception_ptr error;
    try {
        result_stream<R> results(batch);
        loop_pace pace;
        std::size_t block = 0;
        // Results that are there already don't suspend this task.
        while (auto each = co_await results.next()) {
            if (block == 0) {
                co_await pace.turn();
                if (scope.stop_requested()) throw cancelled();
                block = pace.block();
            }
            --block;
            value = reduce(std::move(value), std::move(*each).value());
        }
    } catch (...) {
        error = std::current_exception();
    }
    // After an error the stream was dropped, which stops the jobs. None outlives this task.
    co_await batch_waiter(*batch, batch_waiter::until::end);
    if (error != nullptr) std::rethrow_exception(error);
    co_return value;
}

}}}  // namespace bobbin::v0::detail

BOBBIN_END_COROUTINES_OF_LAMBDAS
