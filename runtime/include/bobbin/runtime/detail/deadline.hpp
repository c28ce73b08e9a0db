// A scope that is stopped when its time has come.
#pragma once

#include <bobbin/runtime/detail/join_scope.hpp>

#include <chrono>
#include <memory>

namespace bobbin::inline v0::detail {

class deadline {
public:
    // Throws `no_pool`, std::bad_alloc.
    deadline(join_scope& enclosing, std::chrono::nanoseconds limit);
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
