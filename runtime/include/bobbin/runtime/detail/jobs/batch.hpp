// The jobs of one range: its inputs, the function, and what its runners do. See batch_control.hpp.
#pragma once

#include <bobbin/runtime/detail/jobs/attempt.hpp>
#include <bobbin/runtime/detail/jobs/batch_results.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/jobs/check_options.hpp>
#include <bobbin/runtime/detail/jobs/chunk.hpp>
#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>
#include <bobbin/runtime/detail/scheduler/start_member.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <typeinfo>
#include <utility>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 { namespace detail {

template <class R, class F, class View>
class batch final : public batch_results<R>,
                    public std::enable_shared_from_this<batch<R, F, View>> {
public:
    using input = std::ranges::range_value_t<View>;
    using order = typename batch_results<R>::order;
    static constexpr bool is_task = call<F, input>::is_task;
    // F is what has whole chunks run in other processes.
    static constexpr bool is_elsewhere = requires { typename F::runs_chunks; };

    static constexpr bool is_ours = is_owning_view<View>;
    using element = element_of<View>;

    using chunk = detail::chunk<input, R>;

    struct kind {
        order wanted;
        bool stops_at_error;
        bool is_stream;
    };

    // Throws std::invalid_argument.
    batch(F f, View view, const map_options& options, unsigned workers, join_scope& root, kind what)
        : batch_results<R>(limits_of(options, workers, what), root, what.wanted, what.is_stream),
          f_(std::move(f)),
          view_(std::move(view)),
          options_(options),
          stops_at_error_(what.stops_at_error) {
        if (options.retries > 0 && !std::copy_constructible<input>)
            throw std::invalid_argument("bobbin: retries need arguments that can be copied");
    }

    // A runner brings the results of its chunk and gets the next. False: it ends.
    bool next_chunk(chunk& own) {
        bool another = false;
        suspended_task reader;
        // Before the lock: what it costs to wait for it is no property of the jobs. Counted in, it
        // would make chunks smaller, and the wait longer.
        const auto now = std::chrono::steady_clock::now();
        {
            const std::lock_guard lock(this->mutex_);
            bring(own, now);
            refill(own);
            if (own.inputs.empty()) {
                this->control_.runner_stops_pulling();
            } else {
                another = this->control_.wants_runner();
                if (another) this->control_.runner_started();
            }
            reader = this->take_reader();
            own.gives_way = this->reader_is_due_;
        }
        if (another) start_another();
        if (reader) reader.resume();
        return !own.inputs.empty();
    }

    // Whether `run_block` will do; otherwise `run_one`.
    bool is_plain() const noexcept {
        return !is_task && options_.timeout == time_span::zero && options_.retries == 0;
    }

    // Runs the next jobs of the chunk, so many.
    void run_block(chunk& own, std::size_t jobs) {
        if constexpr (!is_task) {
            if (leave_rest(own)) return;
            for (; jobs > 0; --jobs) {
                if (stops_at_error_ && this->comes_after_failure(own.next_index())) {
                    own.abandoned = true;
                    return;
                }
                keep(own, outcome_of<R>([&]() -> decltype(auto) {
                         return std::invoke(std::as_const(f_), std::move(next_input(own)));
                     }));
                if (this->is_left_to_parent()) [[unlikely]]
                    check_not_stray();
            }
        }
    }

    // Has all of the chunk run in other processes.
    task<void> run_elsewhere(chunk& own) {
        if (leave_rest(own)) co_return;
        auto running = f_.run_chunk(own.inputs, own.outcomes, stops_at_error_);
        co_await std::move(running);
        // Skipped ones are missing at the end; and the error may be of another chunk.
        for (std::size_t i = 0; i < own.outcomes.size(); ++i)
            if (stops_at_error_ && !own.outcomes[i]) {
                this->failed(own.first + i);
                break;
            }
        if (own.outcomes.size() < own.inputs.size()) own.abandoned = true;
        if (this->stop_requested()) own.stopped = own.abandoned = true;
    }

    // Runs the next job of the chunk, a coroutine or one with options.
    task<void> run_one(chunk& own) {
        if (leave_rest(own)) co_return;
        if (stops_at_error_ && this->comes_after_failure(own.next_index())) {
            own.abandoned = true;
            co_return;
        }
        auto make = [this, &own](bool last) { return call_next(own, last); };
        // Who decides what the result is, under the lock: the job's end or its alarm.
        std::shared_ptr<bool> decided;
        std::function<void()> expired;
        if (options_.timeout != time_span::zero) {
            decided = std::make_shared<bool>(false);
            expired = [decided, index = own.next_index(), self = this->shared_from_this()] {
                until_there_is_memory([&] { self->bring_expired(index, *decided); });
            };
        }
        auto trying = attempt<R>(&typeid(F(input)), options_.timeout, options_.retries,
                                 std::move(make), std::move(expired));
        outcome<R> result = co_await std::move(trying);
        if (decided != nullptr && was_decided(*decided))
            own.expired = own.abandoned = true;
        else
            keep(own, std::move(result));
    }

private:
    static batch_control::limits limits_of(const map_options& options, unsigned workers,
                                           const kind& what) {
        check(options);
        constexpr std::size_t usual_window = 1024;
        batch_control::limits limits;
        limits.window = options.window;
        if (limits.window == automatic && (what.is_stream || is_task)) limits.window = usual_window;
        if constexpr (is_elsewhere) {
            // Jobs are sent and claimed one by one in any case. So this is about how many a runner
            // has under way: long enough that the workers have more while it is told of these.
            limits.chunk = options.chunk_size;
            limits.more_at_once = true;
            limits.chunk_time = std::chrono::microseconds(500);
            limits.most_runners = 2 * workers;
            return limits;
        }
        limits.chunk = is_task || options.timeout != time_span::zero ? 1 : options.chunk_size;
        limits.most_runners =
            is_task ? static_cast<unsigned>(std::min<std::size_t>(limits.window, 1U << 16U))
                    : workers;
        return limits;
    }

    void start_runner() override;

    void start_another() noexcept {
        try {
            this->start_counted_runner();
        } catch (...) {
            // One runner fewer: the others do the work.
        }
    }

    bool leave_rest(chunk& own) const noexcept {
        if (this->stop_requested()) own.stopped = own.abandoned = true;
        return own.abandoned;
    }

    input& next_input(chunk& own) noexcept { return own.inputs[own.outcomes.size()].value; }
    element read_element() {
        if constexpr (is_ours)
            return std::ranges::iter_move(*at_);
        else
            return **at_;
    }

    auto call_next(chunk& own, bool last) -> typename call<F, input>::returned {
        if constexpr (std::copy_constructible<input>)
            if (!last) return std::invoke(std::as_const(f_), input(next_input(own)));
        return std::invoke(std::as_const(f_), std::move(next_input(own)));
    }

    void keep(chunk& own, outcome<R>&& result) {
        if (stops_at_error_ && !result) this->failed(own.next_index());
        own.outcomes.push_back(std::move(result));
    }

    // It is from now on.
    bool was_decided(bool& decided) {
        const std::lock_guard lock(this->mutex_);
        return std::exchange(decided, true);
    }

    // Any thread: the job's time has passed, before its end if that has not decided yet. It stays
    // in the window until then.
    void bring_expired(std::size_t index, bool& decided) {
        suspended_task reader;
        {
            const std::lock_guard lock(this->mutex_);
            if (decided) return;
            add_error(index, timed_out_error(&typeid(F(input)), options_.timeout));
            decided = true;
            reader = this->take_reader();
        }
        if (reader) reader.resume();
    }

    // --- under the lock ---

    void bring(chunk& own, std::chrono::steady_clock::time_point ended) {
        const auto count = own.inputs.size();
        if (count == 0) return;
        this->control_.measured(count, ended - own.began);
        if (own.stopped) this->cut_short();
        if (own.expired || own.outcomes.empty())  // or stopped before its first job
            this->control_.released(count);
        else
            this->add({own.first, std::move(own.outcomes), count});
    }

    void refill(chunk& own) {
        const auto last = own.inputs.size();
        own.first = taken_;
        own.inputs.clear();
        own.outcomes.clear();
        own.abandoned = own.stopped = own.expired = false;
        if (this->failed_at_.load(std::memory_order_relaxed) != this->none)
            this->control_.close();
        else if (!this->control_.closed() && this->stop_requested())
            this->cut_short();
        const auto wanted = this->control_.grant(last, left());
        if (wanted == 0) return;
        own.inputs.reserve(wanted);
        own.outcomes.reserve(wanted);
        try {
            while (own.inputs.size() < wanted && advance()) own.inputs.push_back({read_element()});
        } catch (...) {
            // The range threw: its error stands where the next result would.
            this->control_.close();
            add_error(taken_ + own.inputs.size(), std::current_exception());
        }
        taken_ += own.inputs.size();
        this->control_.took(own.inputs.size());
        if (left() == 0) this->control_.close();
        own.began = std::chrono::steady_clock::now();
    }

    // Inputs to come, as far as that is known. A closed batch does not look: what the range refers
    // to may be gone, once the stream was dropped.
    std::size_t left() {
        if (this->control_.closed()) return 0;
        if constexpr (std::ranges::sized_range<View>)
            return static_cast<std::size_t>(std::ranges::size(view_)) - taken_;
        else
            return std::numeric_limits<std::size_t>::max();
    }

    // To the next input. Not further than that: reading one may wait for somebody.
    bool advance() {
        if (this->control_.closed()) return false;
        if (!at_)
            at_.emplace(std::ranges::begin(view_));
        else
            ++*at_;
        if (*at_ != std::ranges::end(view_)) return true;
        this->control_.close();
        return false;
    }

    void add_error(std::size_t index, std::exception_ptr error) {
        if (stops_at_error_) this->failed(index);
        finished_jobs<R> jobs;
        jobs.first = index;
        jobs.outcomes.push_back(outcome<R>::failure(std::move(error)));
        this->add(std::move(jobs));
    }

    const F f_;
    View view_;
    const map_options options_;
    const bool stops_at_error_;
    // Under the lock.
    std::optional<std::ranges::iterator_t<View>> at_;
    std::size_t taken_ = 0;
};

// A runner. What it holds keeps the place where its jobs run open as long as it lives.
template <class Batch, class Hold>
task<void> run_chunks(std::shared_ptr<Batch> batch, Hold /*held*/) {
    typename Batch::chunk own;
    loop_pace pace;
    while (batch->next_chunk(own)) {
        // If all threads are runners', the reader's turn would come after the last job.
        if (own.gives_way) co_await requeue_awaiter();
        while (!own.complete()) {
            co_await pace.turn();
            const auto block = pace.block(own.left());
            if constexpr (Batch::is_elsewhere) {
                co_await batch->run_elsewhere(own);
            } else if (batch->is_plain()) {
                batch->run_block(own, block);
            } else {
                co_await batch->run_one(own);
            }
        }
    }
}

template <class R, class F, class View>
void batch<R, F, View>::start_runner() {
    auto runner = [this] {
        if constexpr (is_elsewhere)
            return run_chunks(this->shared_from_this(), f_.hold());
        else
            return run_chunks(this->shared_from_this(), nullptr);
    }();
    start_member(this->scope(), promise_of(runner), options_.priority, keeps_pool::yes);
    task_access::release(runner);
}

}}}  // namespace bobbin::v0::detail

BOBBIN_END_COROUTINES_OF_LAMBDAS
