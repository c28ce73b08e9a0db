// How a task waits for one thing of Asio's: a timer, a descriptor.
#pragma once

#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/system/error_code.hpp>

#include <coroutine>
#include <mutex>
#include <optional>
#include <stop_token>
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
// never. What it waited for is the same after an error: who awaits it finds out.
template <class Object>
class asio_wait {
public:
    asio_wait(pool_core& pool, Object object, std::stop_token token)
        : pool_(pool), object_(std::move(object)), token_(std::move(token)) {}

    // What a task awaits: this stays where it is.
    class reference {
    public:
        explicit reference(asio_wait& to) noexcept : to_(&to) {}
        bool await_ready() const noexcept { return to_->token_.stop_requested(); }
        bool await_suspend(std::coroutine_handle<> waiting) const { return to_->suspend(waiting); }
        void await_resume() const { to_->resume(); }
        reference await_native() const noexcept { return *this; }

    private:
        asio_wait* to_;
    };

private:
    bool suspend(std::coroutine_handle<> waiting) {
        on_stop_.emplace(token_, stopper{this});
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
        // Waits for a callback that is running.
        on_stop_.reset();
        if (token_.stop_requested()) throw cancelled();
    }
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        if (armed_) object_.cancel();
    }
    struct stopper {
        asio_wait* self;
        void operator()() const noexcept { self->stop(); }
    };

    pool_core& pool_;
    Object object_;
    std::stop_token token_;
    std::mutex mutex_;
    bool armed_ = false;
    bool stopped_ = false;
    std::optional<std::stop_callback<stopper>> on_stop_;
};

}}}  // namespace bobbin::v0::detail
