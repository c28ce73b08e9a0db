// How far a worker's results go, and when it wakes the one who reads them.
//
// Who reads asks for a wake-up before it sleeps; a worker that answers takes the request back and
// rings the doorbell of whom it names:
//     reader:  asked := wake-up (exchange);  load finished; something unread: it does not sleep
//     worker:  finished := bytes;            exchange asked; rings
// No wake-up is lost, as both change `asked` by a read-modify-write (acq_rel, each the other's
// partner): whoever is second sees the other. Either the reader sees the result, or the worker sees
// the request. A worker may look before it exchanges, also by a read-modify-write, or by a plain
// load after one of another word (a job's claim).
//
// A request says how urgent a moment has to be. Whatever is not rung for yet is at the next moment
// that is: before a worker sleeps, or by the reader's own timer.
#pragma once

#include "os/futex.hpp"

#include <atomic>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

enum class wake_up : std::uint32_t {
    none,           // the reader is awake
    deferred,       // the driver looks soon, and nobody waits for results
    coalesced,      // the driver looks soon
    prompt,         // the driver sleeps until it is woken
    prompt_waiter,  // so does a thread that waits for its job, in place of the driver
};

// Where a worker looks whether anybody is to be woken, in the order of urgency.
enum class wake_up_moment : std::uint8_t {
    after_result,  // and what follows may take as long as it likes
    before_job,    // the same
    worth_a_ring,  // results of 200 us have added up
    out_of_jobs,   // it sleeps
    out_of_room,   // for results; or it leaves
};

constexpr bool is_due(wake_up asked, wake_up_moment at) noexcept {
    switch (asked) {
        case wake_up::none:
            return false;
        case wake_up::deferred:
            return at >= wake_up_moment::out_of_room;
        case wake_up::coalesced:
            return at >= wake_up_moment::worth_a_ring;
        case wake_up::prompt:
        case wake_up::prompt_waiter:
            return true;
    }
    return true;  // a job has written over it
}

template <class Atomics = shared_atomics>
class result_signal {
public:
    // --- the worker ---

    void publish(std::uint64_t bytes) noexcept {
        // Release, with the acquire in `read`.
        finished_.store(bytes, std::memory_order_release);
    }
    [[nodiscard]] wake_up asked() noexcept {
        return wake_up{asked_.fetch_add(0, std::memory_order_acq_rel)};
    }
    // After a read-modify-write that came after the result: on x86 this can't be earlier than that.
    // Elsewhere it might, and the next moment is told of the request.
    [[nodiscard]] wake_up glance() const noexcept {
        return wake_up{asked_.load(std::memory_order_relaxed)};
    }
    // Whom the worker has to ring for now.
    [[nodiscard]] wake_up take_request() noexcept {
        return wake_up{asked_.exchange(word(wake_up::none), std::memory_order_acq_rel)};
    }

    // --- who reads ---

    [[nodiscard]] std::uint64_t read() const noexcept {
        return finished_.load(std::memory_order_acquire);
    }
    // Before it sleeps. True: there is more than it has read, and it does not.
    [[nodiscard]] bool ask(wake_up how, std::uint64_t has_read) noexcept {
        asked_.exchange(word(how), std::memory_order_acq_rel);
        // Relaxed: the exchange orders it.
        return finished_.load(std::memory_order_relaxed) != has_read;
    }

private:
    static constexpr std::uint32_t word(wake_up how) noexcept {
        return static_cast<std::uint32_t>(how);
    }

    typename Atomics::template atomic<std::uint64_t> finished_{0};  // bytes
    typename Atomics::template atomic<std::uint32_t> asked_{word(wake_up::prompt)};
};

}}}  // namespace bobbin::v0::ipc::detail
