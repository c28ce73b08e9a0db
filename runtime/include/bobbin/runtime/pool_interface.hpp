// What every pool offers to those who hand it jobs.
#pragma once

#include <bobbin/runtime/detail/jobs/batch.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/jobs/collect_results.hpp>
#include <bobbin/runtime/detail/jobs/job_awaiter.hpp>
#include <bobbin/runtime/detail/jobs/job_task.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/result_stream.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/this_task.hpp>

#include <cstdint>
#include <memory>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 {

namespace detail {

// A pool whose jobs run in other processes. It starts them itself,
//     job<R> start_job<R, F, Args...>(options, f, args…)
// and gives what runs chunks of them:
//     elsewhere(f, options): { task<void> run_chunk(inputs, outcomes, stops_at_error) const,
//                              hold() const }
template <class P>
concept runs_elsewhere = requires {
    typename P::runs_elsewhere;
};

}  // namespace detail

// The base of a pool `P`. What the operations promise on every pool, what they throw, and what
// stopping does to them, is in pool.hpp.
template <class P>
class pool_interface {
public:
    // R of a call with such arguments, of which the job gets copies; of the calls for a range.
    template <class F, class... Args>
    using result_of = detail::job_result<P, F, std::decay_t<Args>...>;
    template <class F, class Range>
    using result_for = typename detail::accepted_map<P, F, Range>::result;
    template <class F, class Range>
    using star_result_for = typename detail::accepted_starmap<P, F, Range>::result;

    // --- one job ---

    // Both return job<result_of<F, Args...>>.
    template <class F, class... Args>
    auto submit(F f, Args&&... args);
    template <class F, class... Args>
    auto submit(const job_options& options, F f, Args&&... args);
    template <class F, class... Args>
    task<result_of<F, Args...>> run(F f, Args&&... args);

    // --- a job for each element of a range ---
    // `detail::values<R>` is std::vector<R>, or void for void.

    template <class F, std::ranges::viewable_range Range>
    task<detail::values<result_for<F, Range>>> map(F f, Range&& range, map_options options = {});
    template <class F, std::ranges::viewable_range Range>
    task<detail::values<star_result_for<F, Range>>> starmap(F f, Range&& tuples,
                                                            map_options options = {});
    template <class F, std::ranges::viewable_range Range>
    task<std::vector<outcome<result_for<F, Range>>>> map_each(F f, Range&& range,
                                                              map_options options = {});
    template <class F, std::ranges::viewable_range Range>
    result_stream<result_for<F, Range>> map_stream(F f, Range&& range, map_options options = {});
    template <class F, std::ranges::viewable_range Range>
    result_stream<result_for<F, Range>> map_unordered(F f, Range&& range, map_options options = {});
    template <class F, std::ranges::viewable_range Range, class Reduce, class T>
    task<T> map_reduce(F f, Range&& range, Reduce reduce, T init, map_options options = {});

protected:
    pool_interface() = default;
    ~pool_interface() = default;

private:
    enum class use : std::uint8_t { all_values, all_outcomes, stream_in_order, stream };

    P& self() noexcept { return static_cast<P&>(*this); }

    // Waits for a job as for a part of this task: it is cancelled with it, and never left behind.
    // So nothing may throw once it was submitted.
    template <class R, class F, class... Args>
    task<R> run_with(F f, Args... args) {
        const auto token = co_await this_stop_token();
        const job<R> started = submit(std::move(f), std::move(args)...);
        const std::stop_callback on_stop(token, [&started] { started.cancel(); });
        auto& state = detail::job_access::state(started);
        co_await detail::job_end(state);
        if (token.stop_requested())
            detail::rethrow_as_own(state);
        else
            detail::rethrow_if_failed(state);
        if constexpr (!std::is_void_v<R>) co_return std::move(state.value());
    }

    // None for a call that is not `Accepted`, which is an error of the compilation.
    template <class Accepted, class F, class Range>
    std::shared_ptr<detail::batch_results<typename Accepted::result>> batch(
        F f, Range&& range, const map_options& options, use what);
    template <class R, class F, class Range>
    std::shared_ptr<detail::batch_results<R>> make_batch(F f, Range&& range,
                                                         const map_options& options, use what);
};

// --- how ---

template <class P>
template <class F, class... Args>
auto pool_interface<P>::submit(F f, Args&&... args) {
    return submit(job_options(), std::move(f), std::forward<Args>(args)...);
}

template <class P>
template <class F, class... Args>
auto pool_interface<P>::submit(const job_options& options, F f, Args&&... args) {
    self().check_open();
    using accepted = detail::accepted_call<P, F, std::decay_t<Args>...>;
    using result = typename accepted::result;
    if constexpr (!accepted::accepted)
        return job<result>();
    else if constexpr (detail::runs_elsewhere<P>)
        return self().template start_job<result, F, std::decay_t<Args>...>(
            options, std::move(f), std::forward<Args>(args)...);
    else
        return detail::start_job<result, F, std::decay_t<Args>...>(
            self().root(), options, std::move(f), std::forward<Args>(args)...);
}

template <class P>
template <class F, class... Args>
auto pool_interface<P>::run(F f, Args&&... args) -> task<result_of<F, Args...>> {
    return run_with<result_of<F, Args...>, F, std::decay_t<Args>...>(std::move(f),
                                                                     std::forward<Args>(args)...);
}

template <class P>
template <class F, std::ranges::viewable_range Range>
auto pool_interface<P>::map(F f, Range&& range, map_options options)
    -> task<detail::values<result_for<F, Range>>> {
    return detail::collect_values(batch<detail::accepted_map<P, F, Range>>(
        std::move(f), std::forward<Range>(range), options, use::all_values));
}

template <class P>
template <class F, std::ranges::viewable_range Range>
auto pool_interface<P>::starmap(F f, Range&& tuples, map_options options)
    -> task<detail::values<star_result_for<F, Range>>> {
    return detail::collect_values(batch<detail::accepted_starmap<P, F, Range>>(
        detail::star<F>{std::move(f)}, std::forward<Range>(tuples), options, use::all_values));
}

template <class P>
template <class F, std::ranges::viewable_range Range>
auto pool_interface<P>::map_each(F f, Range&& range, map_options options)
    -> task<std::vector<outcome<result_for<F, Range>>>> {
    return detail::collect_outcomes(batch<detail::accepted_map<P, F, Range>>(
        std::move(f), std::forward<Range>(range), options, use::all_outcomes));
}

template <class P>
template <class F, std::ranges::viewable_range Range>
auto pool_interface<P>::map_stream(F f, Range&& range, map_options options)
    -> result_stream<result_for<F, Range>> {
    using R = result_for<F, Range>;
    return result_stream<R>(batch<detail::accepted_map<P, F, Range>>(
        std::move(f), std::forward<Range>(range), options, use::stream_in_order));
}

template <class P>
template <class F, std::ranges::viewable_range Range>
auto pool_interface<P>::map_unordered(F f, Range&& range, map_options options)
    -> result_stream<result_for<F, Range>> {
    using R = result_for<F, Range>;
    return result_stream<R>(batch<detail::accepted_map<P, F, Range>>(
        std::move(f), std::forward<Range>(range), options, use::stream));
}

template <class P>
template <class F, std::ranges::viewable_range Range, class Reduce, class T>
task<T> pool_interface<P>::map_reduce(F f, Range&& range, Reduce reduce, T init,
                                      map_options options) {
    using accepted = detail::accepted_map<P, F, Range>;
    using R = typename accepted::result;
    constexpr bool reduces = detail::reduces<Reduce, T, R>;
    static_assert(!accepted::accepted || reduces,
                  "bobbin: map_reduce: reduce does not take a T, as init is, and a result of the "
                  "callable, or what it returns cannot be assigned to a T");
    if constexpr (accepted::accepted && reduces)
        return detail::reduce_values(batch<accepted>(std::move(f), std::forward<Range>(range),
                                                     options, use::stream_in_order),
                                     std::move(reduce), std::move(init));
    else
        return task<T>();
}

template <class P>
template <class Accepted, class F, class Range>
auto pool_interface<P>::batch(F f, Range&& range, const map_options& options, use what)
    -> std::shared_ptr<detail::batch_results<typename Accepted::result>> {
    using R = typename Accepted::result;
    self().check_open();
    if constexpr (!Accepted::accepted)
        return nullptr;
    else if constexpr (detail::runs_elsewhere<P>)
        return make_batch<R>(self().elsewhere(std::move(f), options), std::forward<Range>(range),
                             options, what);
    else
        return make_batch<R>(std::move(f), std::forward<Range>(range), options, what);
}

template <class P>
template <class R, class F, class Range>
auto pool_interface<P>::make_batch(F f, Range&& range, const map_options& options, use what)
    -> std::shared_ptr<detail::batch_results<R>> {
    using made = detail::batch<R, F, std::views::all_t<Range>>;
    const typename made::kind kind = {
        .wanted = what == use::stream ? made::order::of_completion : made::order::of_inputs,
        .stops_at_error = what == use::all_values,
        .is_stream = what == use::stream || what == use::stream_in_order};
    return std::make_shared<made>(std::move(f), std::views::all(std::forward<Range>(range)),
                                  options, self().size(), self().root(), kind);
}

}}  // namespace bobbin::v0

BOBBIN_END_COROUTINES_OF_LAMBDAS
