// How a task waits for something that other threads bring about, and gives up when it is asked to
// stop.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/work_item.hpp>

#include <coroutine>
#include <optional>
#include <stop_token>

namespace bobbin { inline namespace v0 { namespace detail {

// A suspended task, and where it is to go on.
struct suspended_task {
    work_item item = 0;
    pool_core* home = nullptr;

    explicit operator bool() const noexcept { return item != 0; }
    // Once. The frame that this lies in may be gone when it returns.
    void resume() const noexcept;
};

// Wakes whatever `Waiter` is when the scope is stopped: `waiter.stop()` is called at most once,
// maybe before `arm` returns.
template <class Waiter>
class stop_watch {
public:
    // May throw std::bad_alloc.
    void arm(join_scope& scope, Waiter& waiter) {
        callback_.emplace(scope.stop.signal(scope).token(), stopper{&waiter});
    }
    // Waits for a call that is going on, unless this is inside it.
    void disarm() noexcept { callback_.reset(); }

private:
    struct stopper {
        Waiter* waiter;
        void operator()() const noexcept { waiter->stop(); }
    };
    std::optional<std::stop_callback<stopper>> callback_;
};

}}}  // namespace bobbin::v0::detail
