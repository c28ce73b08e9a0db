// See lock_handle.hpp.
#include "sync/lock_state.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/lock_handle.hpp>

#include <cerrno>
#include <new>
#include <string>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {

lock_state& make_lock(std::byte* memory, re_entrance allowed) {
    return *new (memory)
        lock_state(allowed == re_entrance::allowed ? lock_kind::recursive : lock_kind::plain);
}

lock_state& existing_lock(std::byte* memory) noexcept {
    return *std::launder(reinterpret_cast<lock_state*>(memory));
}

}  // namespace detail

using detail::acquired;

// A death before the depth is stored is one of somebody who had done nothing yet; what the user
// does comes after it, as these functions are compiled apart from their callers.
void lock_handle::enter() {
    bobbin::detail::fault_point("mutex.locked");
    const std::uint32_t depth = state_->depth.load(std::memory_order_relaxed);
    // A user that has the lock already has recovered it, or did not have to.
    if (depth == 0 && state_->is_abandoned()) {
        state_->lock.unlock();
        throw owner_died();
    }
    if (depth > detail::lock_state::most_depth) [[unlikely]] {
        state_->lock.let_go();
        throw protocol_error("bobbin: the memory of a lock was written over: its holder has it " +
                             std::to_string(depth) + " times");
    }
    state_->depth.store(depth + 1, std::memory_order_relaxed);
    bobbin::detail::fault_point("mutex.entered");
}

void lock_handle::lock() {
    // Got from the dead or not, the lock is ours.
    static_cast<void>(state_->lock.lock([this]() noexcept { state_->note_death(); }));
    enter();
}

bool lock_handle::try_lock() {
    if (state_->lock.try_lock([this]() noexcept { state_->note_death(); }) == acquired::no)
        return false;
    enter();
    return true;
}

bool lock_handle::try_lock_until(deadline until) {
    if (state_->lock.lock_until(until, [this]() noexcept { state_->note_death(); }) == acquired::no)
        return false;
    enter();
    return true;
}

void lock_handle::recover() {
    static_cast<void>(state_->lock.lock([this]() noexcept { state_->note_death(); }));
    bobbin::detail::fault_point("mutex.recovering");
    const std::uint32_t depth = state_->depth.load(std::memory_order_relaxed);
    state_->depth.store(depth + 1, std::memory_order_relaxed);
    bobbin::detail::fault_point("mutex.half_recovered");
    // Release: the depth first, so that a death from here on is noticed.
    state_->abandoned.store(0, std::memory_order_release);
    bobbin::detail::fault_point("mutex.recovered");
}

void lock_handle::unlock() {
    const std::uint32_t depth = state_->depth.load(std::memory_order_relaxed);
    if (depth == 0)
        throw std::system_error(EPERM, std::generic_category(),
                                "bobbin: a lock was given back that nobody has");
    // Release: what the user did comes before it.
    state_->depth.store(depth - 1, std::memory_order_release);
    bobbin::detail::fault_point("mutex.leaving");
    try {
        state_->lock.unlock();
    } catch (...) {
        // Another thread has the lock, and is not told of this mistake.
        state_->depth.store(depth, std::memory_order_relaxed);
        throw;
    }
    bobbin::detail::fault_point("mutex.unlocked");
}

}}}  // namespace bobbin::v0::ipc
