// How a task waits for one thing of Asio's: a timer, a descriptor.
#pragma once

#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/system/error_code.hpp>

#include <coroutine>
#include <mutex>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// Throws `no_pool` if there is none.
pool_core& pool_of(const join_scope& scope);

// What is waited for: a time, or something to read.
template <class Handler>
void begin_wait(pool_timer& timer, Handler handler) {
    timer.async_wait(std::move(handler));
}
template <class Handler>
void begin_wait(pool_descriptor& descriptor, Handler handler) {
    descriptor.async_wait(pool_descriptor::wait_read, std::move(handler));
}

// One wait: `Object` is Asio's. The handler, the stop callback and the awaiting task meet here;
// `mutex_` orders them: the callback may come on any thread, before or after the wait was begun, or
// never. Unlike a `stoppable_wait`, a stop resumes nobody: Asio's handler, which comes in any case,
// comes at once. What it waited for is the same after an error: who awaits it finds out.
template <class Object>
class asio_wait {
public:
    asio_wait(pool_core& pool, Object object, join_scope& scope)
        : pool_(pool), object_(std::move(object)), scope_(scope) {}

    // What a task awaits: this stays where it is.
    class reference {
    public:
        explicit reference(asio_wait& to) noexcept : to_(&to) {}
        bool await_ready() const noexcept { return to_->scope_.stop_requested(); }
        bool await_suspend(std::coroutine_handle<> waiting) const { return to_->suspend(waiting); }
        void await_resume() const { to_->resume(); }
        reference await_native() const noexcept { return *this; }

    private:
        asio_wait* to_;
    };

private:
    friend stop_watch<asio_wait>;

    bool suspend(std::coroutine_handle<> waiting) {
        watch_.arm(scope_, *this);
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        armed_ = true;
        // The handler waits for the mutex, so the task is not resumed before this has returned it.
        begin_wait(object_, [this, waiting](boost::system::error_code) {
            {
                const std::lock_guard handler_lock(mutex_);
                armed_ = false;
            }
            resume_here(as_resumption(waiting), &pool_);
        });
        return true;
    }
    void resume() {
        watch_.disarm();
        if (scope_.stop_requested()) throw cancelled();
    }
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        if (armed_) object_.cancel();
    }

    pool_core& pool_;
    Object object_;
    join_scope& scope_;
    std::mutex mutex_;
    bool armed_ = false;
    bool stopped_ = false;
    stop_watch<asio_wait> watch_;
};

}}}  // namespace bobbin::v0::detail
