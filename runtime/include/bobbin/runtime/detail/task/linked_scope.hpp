// A scope that is stopped when a token says so.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>

#include <optional>
#include <stop_token>

namespace bobbin { inline namespace v0 { namespace detail {

class linked_scope {
public:
    // May throw std::bad_alloc.
    linked_scope(join_scope& enclosing, const std::stop_token& token) : scope_(join_kind::custom) {
        scope_.open(enclosing);
        callback_.emplace(token, stopper{scope_.stop.signal(scope_)});
    }

    join_scope& scope() noexcept { return scope_; }

private:
    struct stopper {
        stop_signal signal;
        void operator()() const noexcept {
            // The task may end in there, and with it this.
            const stop_signal own = signal;
            own.request();
        }
    };

    join_scope scope_;
    std::optional<std::stop_callback<stopper>> callback_;
};

}}}  // namespace bobbin::v0::detail
