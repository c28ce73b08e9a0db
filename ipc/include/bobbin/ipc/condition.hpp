// Waiting for what is protected by a mutex to become as one needs it.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/ipc/lock_handle.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// A mutex, a recursive_mutex, or the lock of a value or an array.
template <class L>
concept lock_in_shared_memory = std::derived_from<L, lock_handle>;

// A std::condition_variable for the locks of shared memory: hold the lock, look, wait, look again.
//
// The lock is given back once while one waits, so it must not be locked twice. When it was taken
// again after its holder died, or in any other way can't be, wait throws, as lock() does:
// owner_died, and then the caller's std::unique_lock owns nothing. Call recover() of its mutex to
// have it.
//
// A process that dies while it notifies has woken all, or nobody. One that dies while it waits
// leaves nothing behind: all who wait are woken each time, also by notify_one, as one that was
// chosen might die before it does anything.
//
// Copies mean the same condition, and are as cheap as those of a std::shared_ptr.
//
// Threads. As a shared_ptr: one object by one thread at a time, or its operations by any; copies by
// any.
class condition : public detail::shared_object {
public:
    // Throw std::system_error if there is no memory, or the name is taken.
    condition();
    explicit condition(const create_named& name);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit condition(const open_named& name);
    explicit condition(segment existing);

    // Both wake all. May throw std::system_error, if the system's locks fail.
    void notify_one() { notify_all(); }
    void notify_all();

    // Gives the lock back, waits for a notification from then on, and takes the lock again.
    template <lock_in_shared_memory L>
    void wait(std::unique_lock<L>& lock) {
        static_cast<void>(wait_until(lock, deadline::never));
    }
    template <lock_in_shared_memory L, std::predicate Ready>
    void wait(std::unique_lock<L>& lock, Ready ready) {
        while (!ready()) wait(lock);
    }

    // The same, for that long at most; taking the lock again may take longer.
    template <lock_in_shared_memory L>
    std::cv_status wait_until(std::unique_lock<L>& lock, deadline until) {
        const std::uint32_t seen = current();
        lock.unlock();
        const bool notified = wait_since(seen, until);
        lock.lock();
        return notified ? std::cv_status::no_timeout : std::cv_status::timeout;
    }
    template <lock_in_shared_memory L>
    std::cv_status wait_for(std::unique_lock<L>& lock, time_span wait) {
        return wait_until(lock, deadline::after(wait));
    }
    // Return ready().
    template <lock_in_shared_memory L, std::predicate Ready>
    bool wait_until(std::unique_lock<L>& lock, deadline until, Ready ready) {
        while (!ready())
            if (wait_until(lock, until) == std::cv_status::timeout) return ready();
        return true;
    }
    template <lock_in_shared_memory L, std::predicate Ready>
    bool wait_for(std::unique_lock<L>& lock, time_span wait, Ready ready) {
        return wait_until(lock, deadline::after(wait), std::move(ready));
    }

private:
    struct state;
    explicit condition(const create_named* name);
    [[nodiscard]] state& own() const noexcept;

    [[nodiscard]] std::uint32_t current() const noexcept;
    // False if there was none until the deadline.
    bool wait_since(std::uint32_t seen, deadline until);
};

}}}  // namespace bobbin::v0::ipc
