// Threads of pools that block until work of a thread_pool has ended. If all threads of some pools
// wait in that way for work of these pools, it never will: any of it, also a task that is
// suspended, can only go on on one of these threads. So the last to come is told, in place of
// blocking.
#pragma once

namespace bobbin { inline namespace v0 { namespace detail {

class pool_core;

// Lives on the stack of a thread while it blocks. On a thread of no pool it does nothing.
class blocked_worker {
public:
    using question = bool (*)(const void* awaited) noexcept;

    // `awaited` is work of the pool `home`; `has_ended` may be asked by any thread as long as this
    // lives. Throws `would_deadlock` if nothing would wake this thread any more, unless somebody
    // outside cancels what is waited for.
    blocked_worker(const pool_core* home, question has_ended, const void* awaited);
    blocked_worker(const blocked_worker&) = delete;
    blocked_worker& operator=(const blocked_worker&) = delete;
    ~blocked_worker();

private:
    bool waits_for_ever() const noexcept;
    void leave() noexcept;

    const pool_core* const own_;   // whose thread this is, or none
    const pool_core* const home_;  // maybe destroyed, once the work has ended
    const question has_ended_;
    const void* const awaited_;
    // Under the lock of all.
    blocked_worker* next_;
    enum class mark { none, reached, followed };
    mutable mark mark_ = mark::none;
};

}}}  // namespace bobbin::v0::detail
