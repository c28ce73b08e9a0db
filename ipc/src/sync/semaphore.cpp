// See semaphore.hpp.
#include "sync/event_count.hpp"
#include "sync/fair_lock.hpp"
#include "sync/holding.hpp"

#include <bobbin/ipc/semaphore.hpp>

#include <limits>
#include <new>
#include <stdexcept>

namespace bobbin { inline namespace v0 { namespace ipc {

using detail::acquired;

// Permits are counted as they come and as they go, and nobody writes both counts. Who waits has the
// takers' lock and sleeps on the first count: so only one sleeps there, and if it dies, the kernel
// gives its lock, and with it the turn to wait, to another.
struct semaphore::state {
    alignas(128) detail::fair_lock givers;
    detail::event_count<> released;
    alignas(128) detail::fair_lock takers;
    std::atomic<std::uint64_t> taken{0};  // one store takes a permit; nobody waits for it
};

namespace {

constexpr detail::contents semaphore_contents{.kind = "semaphore"};
constexpr std::uint64_t most_permits = std::numeric_limits<std::int64_t>::max();

[[noreturn]] void refuse_so_many() {
    throw std::overflow_error("bobbin: more permits than a semaphore can count");
}

[[noreturn]] void refuse_damaged() {
    throw protocol_error(
        "bobbin: the memory of a semaphore was written over: more permits were taken than "
        "released");
}

}  // namespace

semaphore::semaphore(const create_named* name, std::size_t initial)
    : shared_object(semaphore_contents, sizeof(state), name, [&](std::byte* memory) {
          if (initial > most_permits) refuse_so_many();
          (new (memory) state)->released.publish(initial);
      }) {}
semaphore::semaphore(std::size_t initial) : semaphore(nullptr, initial) {}
semaphore::semaphore(const create_named& name, std::size_t initial) : semaphore(&name, initial) {}
semaphore::semaphore(const open_named& name) : semaphore(segment::open_named(name.name)) {}
semaphore::semaphore(segment existing)
    : shared_object(semaphore_contents, std::move(existing), sizeof(state)) {}

semaphore::state& semaphore::own() const noexcept {
    return *std::launder(reinterpret_cast<state*>(body()));
}

bool semaphore::try_acquire_until(deadline until) {
    state& own = this->own();
    if (own.takers.lock_until(until) == acquired::no) return false;
    const detail::holding held(own.takers);
    bobbin::detail::fault_point("semaphore.first");
    for (;;) {
        const auto key = own.released.current();
        // Relaxed: the takers' lock orders it.
        const std::uint64_t taken = own.taken.load(std::memory_order_relaxed);
        const std::uint64_t left = own.released.read() - taken;
        if (left > most_permits) refuse_damaged();
        if (left != 0) {
            // Release: for value(), which reads this count first.
            own.taken.store(taken + 1, std::memory_order_release);
            bobbin::detail::fault_point("semaphore.taken");
            return true;
        }
        if (until.has_passed()) return false;
        own.released.wait(key, until);
    }
}

void semaphore::acquire() {
    static_cast<void>(try_acquire_until(deadline::never));
}

bool semaphore::try_acquire() {
    // While somebody waits, that one has the lock and there are no permits: so look first.
    return value() != 0 && try_acquire_until(deadline::now);
}

void semaphore::release(std::size_t permits) {
    state& own = this->own();
    // Whatever the holder before died of, its permits were released or were not.
    static_cast<void>(own.givers.lock());
    const detail::holding held(own.givers);
    bobbin::detail::fault_point("semaphore.giving");
    const std::uint64_t before = own.released.own();
    if (before > most_permits) refuse_damaged();
    if (permits > most_permits - before) refuse_so_many();
    if (permits != 0) own.released.publish(before + permits);
    bobbin::detail::fault_point("semaphore.released");
}

std::size_t semaphore::value() const noexcept {
    // In this order the difference is never negative. Acquire: with the release of the taker, who
    // had seen what was released.
    const std::uint64_t taken = own().taken.load(std::memory_order_acquire);
    return own().released.read() - taken;
}

}}}  // namespace bobbin::v0::ipc
