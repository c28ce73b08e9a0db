// What waits for a time: sleep_for, sleep_until, and the limit of with_timeout.
#include "pool_core.hpp"

#include <bobbin/runtime/detail/current_scope.hpp>
#include <bobbin/runtime/detail/deadline.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>

namespace bobbin::inline v0 {

namespace {

using clock = std::chrono::steady_clock;

detail::pool_core& pool_of(const detail::join_scope& scope) {
    if (scope.pool == nullptr)
        throw no_pool(
            "bobbin: a task without a pool has no timers; run it with sync_wait(pool, task)");
    return *scope.pool;
}

// clock::now() + duration, kept within the clock's range.
clock::time_point after(std::chrono::nanoseconds duration) {
    const auto now = clock::now();
    return duration > clock::time_point::max() - now ? clock::time_point::max() : now + duration;
}

// One sleep. The timer, the stop callback and the awaiting task meet here; `mutex_` orders them:
// the callback may come on any thread, before or after the timer was armed, or never.
class sleep_awaiter {
public:
    sleep_awaiter(detail::pool_core& pool, clock::time_point deadline, std::stop_token token)
        : pool_(pool), timer_(pool.asio(), deadline), token_(std::move(token)) {}

    bool await_ready() const noexcept { return token_.stop_requested(); }
    bool await_suspend(std::coroutine_handle<> sleeper) {
        on_stop_.emplace(token_, stopper{this});
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        armed_ = true;
        // The handler waits for the mutex, so the sleeper is not resumed before this has returned
        // it.
        timer_.async_wait([this, sleeper](boost::system::error_code) {
            {
                const std::lock_guard handler_lock(mutex_);
                armed_ = false;
            }
            detail::run_here(detail::as_resumption(sleeper), &pool_);
        });
        return true;
    }
    void await_resume() {
        // Waits for a callback that is running.
        on_stop_.reset();
        if (token_.stop_requested()) throw cancelled();
    }

private:
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        if (armed_) timer_.cancel();
    }
    struct stopper {
        sleep_awaiter* self;
        void operator()() const noexcept { self->stop(); }
    };

    detail::pool_core& pool_;
    boost::asio::steady_timer timer_;
    std::stop_token token_;
    std::mutex mutex_;
    bool armed_ = false;
    bool stopped_ = false;
    std::optional<std::stop_callback<stopper>> on_stop_;
};

// A native awaitable made of an awaiter that stays where it is.
class sleep_awaiter_ref {
public:
    explicit sleep_awaiter_ref(sleep_awaiter& to) noexcept : to_(&to) {}
    bool await_ready() const noexcept { return to_->await_ready(); }
    bool await_suspend(std::coroutine_handle<> sleeper) const {
        return to_->await_suspend(sleeper);
    }
    void await_resume() const { to_->await_resume(); }
    sleep_awaiter_ref await_native() const noexcept { return *this; }

private:
    sleep_awaiter* to_;
};

}  // namespace

task<void> sleep_until(clock::time_point deadline) {
    auto& scope = co_await detail::current_scope();
    auto& pool = pool_of(scope);
    if (scope.stop_requested()) throw cancelled();
    if (deadline <= clock::now()) co_return;
    sleep_awaiter sleep(pool, deadline, scope.stop.signal(scope).token());
    sleep_awaiter_ref until_then(sleep);
    co_await until_then;
}

// A coroutine of its own: the time counts from the await, not from the call.
task<void> sleep_for(std::chrono::nanoseconds duration) {
    co_await sleep_until(after(duration));
}

namespace detail {

struct deadline::timer {
    timer(pool_core& pool, stop_signal to_stop, std::function<void()> to_call)
        : asio_timer(pool.asio()), signal(std::move(to_stop)), expired(std::move(to_call)) {}
    boost::asio::steady_timer asio_timer;
    stop_signal signal;
    std::function<void()> expired;
    std::atomic<bool> passed{false};
};

deadline::deadline(join_scope& enclosing, std::chrono::nanoseconds limit,
                   std::function<void()> expired)
    : scope_(join_kind::custom) {
    scope_.open(enclosing);
    timer_ =
        std::make_shared<timer>(pool_of(enclosing), scope_.stop.signal(scope_), std::move(expired));
    timer_->asio_timer.expires_at(after(limit));
    timer_->asio_timer.async_wait([timer = timer_](boost::system::error_code error) {
        if (error) return;
        // Relaxed: whoever sees it has seen the stop, which releases.
        timer->passed.store(true, std::memory_order_relaxed);
        if (timer->expired) timer->expired();
        timer->signal.request();
    });
}

deadline::~deadline() {
    timer_->asio_timer.cancel();
}

bool deadline::passed() const noexcept {
    return timer_->passed.load(std::memory_order_relaxed);
}

}  // namespace detail
}  // namespace bobbin::inline v0
