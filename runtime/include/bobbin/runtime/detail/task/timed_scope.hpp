// A scope that is stopped when its time has come.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <functional>
#include <memory>

namespace bobbin { inline namespace v0 { namespace detail {

class timed_scope {
public:
    // `expired` is called before the scope is stopped, on a thread of the pool; it may still run
    // when this is destroyed, and must not throw. Throws `no_pool`, std::bad_alloc.
    timed_scope(join_scope& enclosing, time_span limit, std::function<void()> expired = nullptr);
    timed_scope(const timed_scope&) = delete;
    timed_scope& operator=(const timed_scope&) = delete;
    ~timed_scope();

    join_scope& scope() noexcept { return scope_; }
    bool passed() const noexcept;
    // Whether a task that ran in the scope has ended because its time had passed.
    bool has_stopped(const promise_base& ended) const noexcept;

private:
    struct timer;
    join_scope scope_;
    std::shared_ptr<timer> timer_;
};

}}}  // namespace bobbin::v0::detail
