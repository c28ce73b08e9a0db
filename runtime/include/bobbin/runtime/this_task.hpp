// What a task can ask about itself.
#pragma once

#include <bobbin/runtime/detail/task/current_scope.hpp>

#include <coroutine>
#include <stop_token>

namespace bobbin { inline namespace v0 {

namespace detail {

class stop_token_awaiter {
public:
    stop_token_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiter) {
        auto& scope = *awaiter.promise().scope;
        token_ = scope.stop.signal(scope).token();
        return false;
    }
    std::stop_token await_resume() noexcept { return std::move(token_); }

private:
    std::stop_token token_;
};

class stop_token_request {
public:
    stop_token_awaiter await_native() const noexcept { return {}; }
};

}  // namespace detail

// `std::stop_token token = co_await bobbin::this_stop_token();` The token through which this task
// is asked to stop. A task that computes for long should look at it now and then, and end by
// throwing `cancelled`. Does not suspend. May throw std::bad_alloc.
inline detail::stop_token_request this_stop_token() noexcept {
    return {};
}

}}  // namespace bobbin::v0
