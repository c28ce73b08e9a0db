// A scope that is stopped when its time has come.
#pragma once

#include <bobbin/runtime/detail/join_scope.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace bobbin::inline v0::detail {

class deadline {
public:
    // `expired` is called before the scope is stopped, on a thread of the pool; it may still run
    // when this is destroyed, and must not throw. Throws `no_pool`, std::bad_alloc.
    deadline(join_scope& enclosing, std::chrono::nanoseconds limit,
             std::function<void()> expired = nullptr);
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;
    ~deadline();

    join_scope& scope() noexcept { return scope_; }
    bool passed() const noexcept;

private:
    struct timer;
    join_scope scope_;
    std::shared_ptr<timer> timer_;
};

}  // namespace bobbin::inline v0::detail
