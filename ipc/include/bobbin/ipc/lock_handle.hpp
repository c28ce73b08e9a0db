// What can be done with any lock in shared memory.
#pragma once

#include <bobbin/ipc/errors.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <cstddef>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {

struct lock_state;
inline constexpr std::size_t lock_bytes = 128;  // what one takes in shared memory

enum class re_entrance { forbidden, allowed };

// Makes a lock in memory that nobody else uses yet. Throws std::system_error.
lock_state& make_lock(std::byte* memory, re_entrance allowed);
lock_state& existing_lock(std::byte* memory) noexcept;

}  // namespace detail

// A lock of a mutex, a value or an array, for std::lock_guard, std::unique_lock and ipc::condition.
//
// When a process dies while it has the lock, the kernel gives it back. What it protects may be half
// changed then, so whoever comes next, by any function but recover(), gets owner_died and not the
// lock; and so does everybody, until one calls recover(), which gives it the lock, and puts things
// right. A process that dies while it waits for the lock leaves nothing behind.
//
// What a process holds at its end, by exit or by signal, or a thread at its own, is abandoned. A
// child made by fork() has none of its parent's locks.
//
// Threads. Any, of any process; a lock is given back by the thread that took it. The handle itself
// has no state, and ends before the memory does.
class lock_handle {
public:
    explicit lock_handle(detail::lock_state& state) noexcept : state_(&state) {}

    // All of these throw owner_died as said above. Where the lock is not re-entrant and this thread
    // has it already, lock() and the timed ones throw std::system_error
    // (resource_deadlock_would_occur) and try_lock() returns false.
    void lock();
    [[nodiscard]] bool try_lock();
    // False if it could not be had in that time; also when its holder is stopped by a signal.
    [[nodiscard]] bool try_lock_for(time_span wait) {
        return try_lock_until(deadline::after(wait));
    }
    [[nodiscard]] bool try_lock_until(deadline until);

    // Takes the lock, whatever became of its last holder. If that died, it is as good as new from
    // now on; if this process dies before it unlocks, it is abandoned again.
    void recover();

    // Throws std::system_error if this thread does not have it.
    void unlock();

private:
    // For who has just got the lock.
    void enter();

    detail::lock_state* state_;
};

}}}  // namespace bobbin::v0::ipc
