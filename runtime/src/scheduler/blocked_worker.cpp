// See blocked_worker.hpp.
#include "scheduler/blocked_worker.hpp"

#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/errors.hpp>

#include <memory>
#include <mutex>
#include <pthread.h>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

constinit std::mutex blocked_mutex;
constinit blocked_worker* all_blocked = nullptr;

// None of them is in the child.
[[maybe_unused]] const int blocked_at_fork = pthread_atfork(nullptr, nullptr, [] {
    std::construct_at(&blocked_mutex);
    all_blocked = nullptr;
});

const pool_core* pool_of_this_thread() noexcept {
    return current_worker != nullptr ? current_worker->pool : nullptr;
}

}  // namespace

blocked_worker::blocked_worker(const pool_core* home, question has_ended, const void* awaited)
    : own_(pool_of_this_thread()), home_(home), has_ended_(has_ended), awaited_(awaited) {
    if (own_ == nullptr) return;
    const std::lock_guard lock(blocked_mutex);
    next_ = std::exchange(all_blocked, this);
    if (!waits_for_ever()) return;
    leave();
    throw would_deadlock(
        "bobbin: all threads of this pool and of the pool whose work would be waited for here wait "
        "for each other, perhaps by way of other pools; co_await the work instead");
}

blocked_worker::~blocked_worker() {
    if (own_ == nullptr) return;
    const std::lock_guard lock(blocked_mutex);
    leave();
}

void blocked_worker::leave() noexcept {
    blocked_worker** at = &all_blocked;
    while (*at != this) at = &(*at)->next_;
    *at = next_;
}

// Under the lock. A pool is held up if all its threads are here and none is about to be woken; then
// so must be each pool that they wait for.
bool blocked_worker::waits_for_ever() const noexcept {
    const auto reach = [](const pool_core* pool) {
        unsigned blocked = 0;
        for (const auto* each = all_blocked; each != nullptr; each = each->next_) {
            if (each->own_ != pool) continue;
            if (each->has_ended_(each->awaited_)) return false;
            if (each->mark_ == mark::none) each->mark_ = mark::reached;
            ++blocked;
        }
        // Only of a pool that has a thread here it is known that it exists.
        return blocked > 0 && blocked == pool->size();
    };
    for (auto* each = all_blocked; each != nullptr; each = each->next_) each->mark_ = mark::none;
    bool held_up = reach(own_);
    for (const auto* each = all_blocked; held_up && each != nullptr;) {
        const auto* const next = each->next_;
        if (each->mark_ == mark::reached) {
            each->mark_ = mark::followed;
            held_up = reach(each->home_);
            each = all_blocked;  // others may have been reached that stand before it
        } else {
            each = next;
        }
    }
    return held_up;
}

}}}  // namespace bobbin::v0::detail
