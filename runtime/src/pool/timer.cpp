// What waits for a time: sleep_for, sleep_until, and the limit of with_timeout.
#include "scheduler/asio_wait.hpp"

#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/detail/task/cancelled_access.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/timed_scope.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace bobbin { inline namespace v0 {

detail::pool_core& detail::pool_of(const join_scope& scope) {
    if (scope.pool == nullptr)
        throw no_pool(
            "bobbin: a task without a pool has nobody who waits for a time or a descriptor; run it "
            "with sync_wait(pool, task)");
    return *scope.pool;
}

task<void> sleep_until(deadline until) {
    auto& scope = co_await detail::current_scope();
    auto& pool = detail::pool_of(scope);
    if (scope.stop_requested()) throw cancelled();
    if (until.has_passed()) co_return;
    detail::asio_wait sleep(pool, detail::pool_timer(pool.asio(), until.time()), scope);
    decltype(sleep)::reference until_then(sleep);
    co_await until_then;
}

// A coroutine of its own: the time counts from the await, not from the call.
task<void> sleep_for(time_span duration) {
    co_await sleep_until(deadline::after(duration));
}

namespace detail {

struct timed_scope::timer {
    timer(pool_core& pool, stop_signal to_stop, std::function<void()> to_call)
        : asio_timer(pool.asio()), signal(std::move(to_stop)), expired(std::move(to_call)) {}
    pool_timer asio_timer;
    stop_signal signal;
    std::function<void()> expired;
    std::atomic<bool> passed{false};
};

timed_scope::timed_scope(join_scope& enclosing, time_span limit, std::function<void()> expired)
    : scope_(join_kind::custom) {
    scope_.open(enclosing);
    timer_ =
        std::make_shared<timer>(pool_of(enclosing), scope_.stop.signal(scope_), std::move(expired));
    timer_->asio_timer.expires_at(deadline::after(limit).time());
    timer_->asio_timer.async_wait([timer = timer_](boost::system::error_code error) {
        if (error) return;
        // Relaxed: whoever sees it has seen the stop, which releases.
        timer->passed.store(true, std::memory_order_relaxed);
        if (timer->expired) timer->expired();
        timer->signal.request();
    });
}

timed_scope::~timed_scope() {
    timer_->asio_timer.cancel();
}

bool timed_scope::passed() const noexcept {
    return timer_->passed.load(std::memory_order_relaxed);
}

// It says itself whether it was asked to stop, and because of whom it is cancelled. Who asked was
// the limit, or somebody further out.
bool timed_scope::has_stopped(const promise_base& ended) const noexcept {
    return ended.state == task_state::cancelled && ended.was_asked_to_stop &&
           !scope_.parent->stop_requested() && !cancelled_access::is_of_a_job(ended.error);
}

}  // namespace detail
}}  // namespace bobbin::v0
