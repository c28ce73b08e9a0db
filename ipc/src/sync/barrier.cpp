// See barrier.hpp.
#include "sync/event_count.hpp"
#include "sync/fair_lock.hpp"
#include "sync/holding.hpp"

#include <bobbin/ipc/barrier.hpp>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

using detail::acquired;

constexpr detail::contents barrier_contents{.kind = "barrier"};
constexpr std::size_t most_parties = 0x7fffffff;

// What is published: how the phases of waiting ended so far.
//
//     bits 32-63  how many have ended, modulo 2^32
//     bits 16-31  how many since the last to which not all came; the most stands for "or more"
//     bits 1-15   how the last 15 ended, the last one in bit 1: 1 if all had come
//     bit 0       broken
//
// So one who waited learns how its own phase ended, even if it sleeps through the next ones; only
// if it sleeps through more than 15, and one of those after it was broken, does its own count as
// broken.
class phases {
public:
    explicit phases(std::uint64_t bits) noexcept : bits_(bits) {}
    static phases none() noexcept { return phases(long_ago << 16U); }

    [[nodiscard]] std::uint64_t bits() const noexcept { return bits_; }
    [[nodiscard]] std::uint32_t ended() const noexcept {
        return static_cast<std::uint32_t>(bits_ >> 32U);
    }
    [[nodiscard]] bool broken() const noexcept { return (bits_ & 1U) != 0; }
    // Of a phase that has ended.
    [[nodiscard]] bool all_came(std::uint32_t phase) const noexcept {
        const std::uint32_t phases_ago = ended() - phase;
        if (phases_ago <= remembered) return (bits_ >> phases_ago & 1U) != 0;
        return phases_ago <= since_incomplete() || since_incomplete() == long_ago;
    }

    [[nodiscard]] phases after_all_came() const noexcept {
        return after(1, std::min(since_incomplete() + 1, long_ago), false);
    }
    [[nodiscard]] phases after_break() const noexcept { return after(0, 0, true); }
    [[nodiscard]] phases after_reset(bool some_wait) const noexcept {
        return some_wait ? after(0, 0, false) : phases(bits_ & ~std::uint64_t{1});
    }

private:
    static constexpr std::uint32_t remembered = 15;
    static constexpr std::uint64_t long_ago = 0xffff;

    [[nodiscard]] std::uint64_t since_incomplete() const noexcept {
        return bits_ >> 16U & long_ago;
    }
    [[nodiscard]] phases after(std::uint64_t end, std::uint64_t since, bool breaks) const noexcept {
        const std::uint64_t ends = ((bits_ & 0xfffeU) << 1U | end << 1U) & 0xfffeU;
        return phases(std::uint64_t{ended() + 1U} << 32U | since << 16U | ends |
                      (breaks ? 1U : 0U));
    }

    std::uint64_t bits_;
};

// Bits 32-63: the phase; bits 0-31: how many have come in it. Counts of other phases are worth
// nothing, so that nobody has to clear them.
constexpr std::uint64_t arrivals_in(std::uint32_t phase, std::uint32_t count) {
    return std::uint64_t{phase} << 32U | count;
}
constexpr std::uint32_t count_in(std::uint32_t phase, std::uint64_t arrivals) {
    return arrivals >> 32U == phase ? static_cast<std::uint32_t>(arrivals) : 0;
}

}  // namespace

// All of it is written under the lock. An arrival is one store, the end of a phase one publish.
struct barrier::state {
    explicit state(std::size_t of) : parties(of) { ends.publish(phases::none().bits()); }

    [[nodiscard]] std::uint32_t came(phases now) const noexcept {
        return count_in(now.ended(), arrivals.load(std::memory_order_relaxed));
    }
    // By the lock's holder.
    void break_it() {
        const phases now(ends.own());
        if (!now.broken()) ends.publish(now.after_break().bits());
        bobbin::detail::fault_point("barrier.broken");
    }
    bool await_end(std::uint32_t phase, deadline until);

    const std::size_t parties;  // each handle has read it once
    detail::fair_lock lock;
    std::atomic<std::uint64_t> arrivals{0};
    alignas(64) detail::event_count<> ends;
};

// False at the deadline.
bool barrier::state::await_end(std::uint32_t phase, deadline until) {
    for (;;) {
        const auto key = ends.current();
        if (phases(ends.read()).ended() != phase) return true;
        if (until.has_passed()) return false;
        ends.wait(key, until);
    }
}

barrier::barrier(const create_named* name, std::size_t parties)
    : shared_object(
          barrier_contents, sizeof(state), name,
          [&](std::byte* memory) {
              if (parties == 0 || parties > most_parties)
                  throw std::invalid_argument("bobbin: a barrier for " + std::to_string(parties));
              new (memory) state(parties);
          }),
      parties_(parties) {}
barrier::barrier(std::size_t parties) : barrier(nullptr, parties) {}
barrier::barrier(const create_named& name, std::size_t parties) : barrier(&name, parties) {}
barrier::barrier(const open_named& name) : barrier(segment::open_named(name.name)) {}
barrier::barrier(segment existing)
    : shared_object(barrier_contents, std::move(existing), sizeof(state)), parties_(own().parties) {
    if (parties_ == 0 || parties_ > most_parties)
        throw wrong_segment("bobbin: a barrier's memory was written over: it is for " +
                            std::to_string(parties_));
}

barrier::state& barrier::own() const noexcept {
    return *std::launder(reinterpret_cast<state*>(body()));
}

std::size_t barrier::arrive_and_wait_until(deadline until) {
    state& own = this->own();
    if (own.lock.lock_until(until) == acquired::no) throw broken_barrier();
    std::uint32_t phase = 0;
    std::uint32_t before = 0;
    {
        const detail::holding held(own.lock);
        bobbin::detail::fault_point("barrier.locked");
        const phases now(own.ends.own());
        if (now.broken()) throw broken_barrier();
        phase = now.ended();
        before = own.came(now);
        if (before >= parties_)
            throw protocol_error(
                "bobbin: the memory of a barrier was written over: " + std::to_string(before) +
                " of " + std::to_string(parties_) + " have come, and wait");
        if (before + 1 == parties_) {
            own.ends.publish(now.after_all_came().bits());
            bobbin::detail::fault_point("barrier.all_came");
            return before;
        }
        // Release: for waiting(), which shows it to others.
        own.arrivals.store(arrivals_in(phase, before + 1), std::memory_order_release);
        bobbin::detail::fault_point("barrier.arrived");
    }
    if (!own.await_end(phase, until)) {
        // Others who run out of time break it at the same moment; a stopped one, for ever.
        constexpr std::chrono::milliseconds grace(10);
        if (own.lock.lock_until(deadline::after(grace)) != acquired::no) {
            const detail::holding held(own.lock);
            bobbin::detail::fault_point("barrier.out_of_time");
            if (phases(own.ends.own()).ended() == phase) own.break_it();
        }
    }
    if (!phases(own.ends.read()).all_came(phase)) throw broken_barrier();
    return before;
}

std::size_t barrier::arrive_and_wait() {
    return arrive_and_wait_until(deadline::never);
}

void barrier::abort() {
    state& own = this->own();
    static_cast<void>(own.lock.lock());
    const detail::holding held(own.lock);
    own.break_it();
}

void barrier::reset() {
    state& own = this->own();
    static_cast<void>(own.lock.lock());
    const detail::holding held(own.lock);
    const phases now(own.ends.own());
    const bool some_wait = !now.broken() && own.came(now) != 0;
    if (now.broken() || some_wait) own.ends.publish(now.after_reset(some_wait).bits());
    bobbin::detail::fault_point("barrier.reset");
}

bool barrier::broken() const noexcept {
    return phases(own().ends.read()).broken();
}
std::size_t barrier::parties() const noexcept {
    return parties_;
}
std::size_t barrier::waiting() const noexcept {
    // Acquire: with the release of an arrival.
    const std::uint64_t arrivals = own().arrivals.load(std::memory_order_acquire);
    return count_in(phases(own().ends.read()).ended(), arrivals);
}

}}}  // namespace bobbin::v0::ipc
