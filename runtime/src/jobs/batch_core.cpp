// See batch_core.hpp.
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/jobs/batch_core.hpp>
#include <bobbin/runtime/errors.hpp>

#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

batch_core::batch_core(const batch_control::limits& limits, join_scope& root) noexcept
    : control_(limits), scope_(runner_ended), root_(root) {
    scope_.owner = this;
    scope_.open(root);
}

void batch_core::nest_in(join_scope& enclosing) noexcept {
    scope_.parent = &enclosing;  // the pool remains ours
}

bool batch_core::stop_requested() const noexcept {
    return scope_.stop_requested() || root_.stop_requested();
}

void batch_core::check_not_left() const {
    if (is_left_to_parent()) throw_left_to_parent("this map or stream");
}

void batch_core::abandon() noexcept {
    if (is_left_to_parent()) return;
    {
        const std::lock_guard lock(mutex_);
        control_.close();
    }
    scope_.stop.request_stop();
}

void batch_core::failed(std::size_t index) noexcept {
    auto lowest = failed_at_.load(std::memory_order_relaxed);
    while (index < lowest &&
           !failed_at_.compare_exchange_weak(lowest, index, std::memory_order_relaxed)) {
    }
}

void batch_core::start_counted_runner() {
    try {
        start_runner();
    } catch (...) {
        const std::lock_guard lock(mutex_);
        control_.runner_stops_pulling();
        control_.runner_ended();
        throw;
    }
}

bool batch_core::is_due() const noexcept {
    return control_.finished() || (reads_chunks_ && readable());
}

suspended_task batch_core::take_reader() noexcept {
    if (!is_due() || !reader_) return {};
    reader_is_due_ = true;
    return std::exchange(reader_, {});
}

void batch_core::cut_short() noexcept {
    cut_short_ = true;
    control_.close();
}

void batch_core::throw_if_broken() const {
    if (broken_ != nullptr) std::rethrow_exception(broken_);
    if (cut_short_) throw cancelled();
}

std::coroutine_handle<> batch_core::runner_ended(join_scope& scope, promise_base& child) noexcept {
    auto& batch = *static_cast<runner_scope&>(scope).owner;
    auto* const pool = scope.pool;
    suspended_task reader;
    {
        const std::lock_guard lock(batch.mutex_);
        if (child.state != task_state::value) {
            // The pool did not begin it, as it was to stop; or it broke.
            batch.broken_ = child.error;
            batch.cut_short();
            batch.control_.runner_stops_pulling();
        }
        batch.control_.runner_ended();
        reader = batch.take_reader();
    }
    handle_of(child).destroy();  // and with it, maybe, the batch
    if (reader) reader.resume();
    if (pool != nullptr) pool->task_ended();
    return nullptr;
}

bool batch_waiter::suspend(work_item awaiter, join_scope& scope) {
    batch_->check_not_left();
    return wait_.suspend(*this, {awaiter, scope.pool}, what_ == until::readable ? &scope : nullptr);
}

// Nobody else reads, so what is waited for is known from here on.
bool batch_waiter::is_due(std::unique_lock<std::mutex>& lock) {
    batch_->reads_chunks_ = what_ == until::readable;
    if (batch_->is_due()) return true;
    if (!batch_->control_.wants_runner()) return false;
    batch_->control_.runner_started();
    lock.unlock();
    batch_->start_counted_runner();
    lock.lock();
    return batch_->is_due();
}

void batch_waiter::stop() noexcept {
    if (!batch_->is_left_to_parent()) wait_.stop(*this);
}

}}}  // namespace bobbin::v0::detail
