// See scope.hpp.
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>

namespace bobbin { inline namespace v0 {

nursery::nursery(detail::join_scope& enclosing) noexcept : scope_(child_ended) {
    scope_.open(enclosing);
    scope_.owner = this;
    // The body counts as a child until it closes the nursery. Relaxed: nobody else has it yet.
    scope_.remaining.store(1, std::memory_order_relaxed);
}

void nursery::spawn(task<void> child) {
    detail::check_awaitable(child);
    auto* const pool = scope_.pool;
    if (pool != nullptr) pool->check_not_forked();
    auto& promise = detail::promise_of(child);
    promise.scope = &scope_;
    const auto unstarted = detail::as_unstarted(promise);
    // Relaxed: whoever may spawn holds the scope open, so it can't end meanwhile.
    scope_.remaining.fetch_add(1, std::memory_order_relaxed);
    try {
        if (pool != nullptr)
            pool->send(unstarted);
        else
            detail::run_here(unstarted, nullptr);
    } catch (...) {
        scope_.remaining.fetch_sub(1, std::memory_order_relaxed);
        throw;
    }
    // It is the scope's now; it may even have ended.
    detail::task_access::release(child);
}

void nursery::request_stop() noexcept {
    stop_asked_.store(true, std::memory_order_relaxed);
    scope_.stop.request_stop();
}

std::stop_token nursery::stop_token() {
    return scope_.stop.signal(scope_).token();
}

std::coroutine_handle<> nursery::child_ended(detail::join_scope& scope,
                                             detail::promise_base& child) noexcept {
    static_cast<state&>(scope).owner->record(child);
    detail::handle_of(child).destroy();
    // As in `closing`: only the last may still touch the scope.
    if (scope.remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) return scope.continuation;
    return nullptr;
}

void nursery::record(const detail::promise_base& ended) noexcept {
    if (ended.state == detail::task_state::value) return;
    if (ended.state == detail::task_state::cancelled) {
        if (!cancelled_.exchange(true, std::memory_order_relaxed)) stop_ = ended.error;
    } else if (!failed_.exchange(true, std::memory_order_relaxed)) {
        error_ = ended.error;
    }
    scope_.stop.request_stop();
}

nursery::closing nursery::close() noexcept {
    return closing(scope_);
}

void nursery::throw_first_error() {
    if (error_) std::rethrow_exception(error_);
    if (stop_asked_.load(std::memory_order_relaxed)) return;
    if (stop_) std::rethrow_exception(stop_);
    if (cancelled_.load(std::memory_order_relaxed)) throw cancelled();
}

}}  // namespace bobbin::v0
