// See supervisor_lock.hpp.
#include "pool/supervisor_lock.hpp"

#include "os/doorbell.hpp"

#include <bobbin/runtime/detail/os/spin_pause.hpp>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

std::unique_lock<std::mutex> lock_spinning(std::mutex& mutex) {
    constexpr int looks = 300;
    std::unique_lock lock(mutex, std::defer_lock);
    for (int i = 0; i < looks && !lock.try_lock(); ++i) bobbin::detail::spin_pause();
    if (!lock) lock.lock();
    return lock;
}

void supervisor_lock::will_wake(supervisor_end sleeper) noexcept {
    if (count_ == sleepers_.size()) return sleeper.wake();  // rare
    sleepers_.at(count_++) = sleeper;
}

supervisor_lock::~supervisor_lock() {
    lock_.unlock();
    // A job ring may be gone by now. Only the kernel looks for it, and at most wakes somebody else,
    // who looks again.
    for (std::size_t i = 0; i < count_; ++i) sleepers_.at(i).wake();
    if (wakes_driver_) ring(doorbell_);
}

}}}  // namespace bobbin::v0::ipc::detail
