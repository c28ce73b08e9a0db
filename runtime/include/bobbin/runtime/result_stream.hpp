// Results of many jobs, one after another.
#pragma once

#include <bobbin/runtime/detail/jobs/batch_results.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace bobbin { inline namespace v0 {

// The outcome of one job, and the position of its input in the range.
template <class R>
struct stream_item : outcome<R> {
    stream_item(std::size_t position, outcome<R> ended)
        : outcome<R>(std::move(ended)), index(position) {}
    std::size_t index;
};

// What `map_stream` and `map_unordered` return. The jobs begin with the first `next()`, and never
// run further ahead of the reader than the window.
//
//     auto results = pool.map_unordered(f, inputs, {.window = 64});
//     while (auto r = co_await results.next()) use(r->index, r->value());
//
// Dropping the stream ends it: no more inputs are taken, jobs that have not begun never do, those
// that run are asked to stop, and nobody waits for them. What the range refers to must live until
// then; what the function and the inputs refer to, until the jobs have ended. It must not be read
// after its pool is gone.
//
// Threads. One at a time.
template <class R>
class [[nodiscard]] result_stream {
public:
    using value_type = stream_item<R>;

    explicit result_stream(std::shared_ptr<detail::batch_results<R>> batch) noexcept
        : batch_(std::move(batch)) {}
    result_stream(result_stream&&) noexcept = default;
    result_stream& operator=(result_stream&& other) noexcept {
        std::swap(batch_, other.batch_);
        std::swap(read_, other.read_);
        std::swap(at_, other.at_);
        return *this;
    }
    ~result_stream() {
        if (batch_ != nullptr) batch_->abandon();
    }

    // `co_await next()`: std::optional<stream_item<R>>, empty at the end of the range. A job's
    // error is in its item and ends nothing; one that the range itself throws is the last item.
    // Throws `cancelled` if the awaiting task was asked to stop meanwhile (the stream can be read
    // on) or the pool was stopped, `pool_closed` in a child of fork(); may throw std::bad_alloc.
    class next_awaiter;
    next_awaiter next() noexcept { return next_awaiter(*this); }

private:
    using reading = typename detail::batch_results<R>::reading;

    // True if `take` has an answer.
    bool read() {
        if (at_ < read_.outcomes.size() || ended_) return true;
        at_ = 0;
        read_ = {};
        const auto got = batch_->read(read_);
        ended_ = got == reading::ended;
        return got != reading::none_yet;
    }
    std::optional<stream_item<R>> take() {
        if (ended_) return std::nullopt;
        const auto index = read_.first + at_;
        return stream_item<R>(index, std::move(read_.outcomes[at_++]));
    }

    std::shared_ptr<detail::batch_results<R>> batch_;
    detail::finished_jobs<R> read_;  // and of these,
    std::size_t at_ = 0;             // the next
    bool ended_ = false;
};

template <class R>
class result_stream<R>::next_awaiter {
public:
    explicit next_awaiter(result_stream& of) noexcept
        : stream_(&of), waiter_(*of.batch_, detail::batch_waiter::until::readable) {}

    bool await_ready() { return stream_->read(); }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) {
        return waiter_.await_suspend(awaiter);
    }
    std::optional<stream_item<R>> await_resume() {
        waiter_.await_resume();
        if (!stream_->read()) throw cancelled();
        return stream_->take();
    }
    next_awaiter await_native() const noexcept { return next_awaiter(*stream_); }

private:
    result_stream* stream_;
    detail::batch_waiter waiter_;
};

}}  // namespace bobbin::v0
