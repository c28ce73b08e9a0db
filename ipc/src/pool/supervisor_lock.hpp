// The lock of a supervisor's table, and who is to be woken when it is given back: not before, as it
// may take the processor from who has the lock.
#pragma once

#include "pool/ring_ends.hpp"

#include <array>
#include <cstddef>
#include <mutex>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The lock is held for about a microsecond at a time, which is less than it takes to sleep and be
// woken, and that would cost who has it a system call, too. So this spins first.
std::unique_lock<std::mutex> lock_spinning(std::mutex& mutex);

class supervisor_lock {
public:
    // `doorbell`: the driver's.
    supervisor_lock(std::mutex& mutex, int doorbell)
        : doorbell_(doorbell), lock_(lock_spinning(mutex)) {}
    supervisor_lock(const supervisor_lock&) = delete;
    supervisor_lock& operator=(const supervisor_lock&) = delete;
    ~supervisor_lock();

    void will_wake(supervisor_end sleeper) noexcept;
    void will_wake_driver() noexcept { wakes_driver_ = true; }

private:
    const int doorbell_;
    std::unique_lock<std::mutex> lock_;
    std::array<supervisor_end, 8> sleepers_{};
    std::size_t count_ = 0;
    bool wakes_driver_ = false;
};

}}}  // namespace bobbin::v0::ipc::detail
