// What a mutex is in shared memory: see README.md, "Locks".
#pragma once

#include "sync/fair_lock.hpp"

#include <bobbin/ipc/lock_handle.hpp>

#include <atomic>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// `depth` and `abandoned` are written by the lock's holder only, so relaxed accesses do between
// holders. A process that is killed has made all stores before that point of the program and none
// after: only the compiler could change their order, which a release forbids.
struct lock_state {
    explicit lock_state(lock_kind kind) : lock(kind) {}

    static constexpr std::uint32_t most_depth = 1U << 30U;  // more than any stack

    // For the lock: a holder died. It left something half done if a user had the lock.
    void note_death() noexcept {
        if (depth.load(std::memory_order_relaxed) == 0) return;
        abandoned.store(1, std::memory_order_relaxed);
        bobbin::detail::fault_point("mutex.abandoned");
        // Release: abandoned first. If we die in between, the next one does both again.
        depth.store(0, std::memory_order_release);
    }
    [[nodiscard]] bool is_abandoned() const noexcept {
        return abandoned.load(std::memory_order_relaxed) != 0;
    }

    fair_lock lock;
    std::atomic<std::uint32_t> depth{0};      // how often its holder, a user, has locked it
    std::atomic<std::uint32_t> abandoned{0};  // 1 from a user's death until recover()
};

static_assert(sizeof(lock_state) <= lock_bytes);

}}}  // namespace bobbin::v0::ipc::detail
