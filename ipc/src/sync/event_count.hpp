// A number in shared memory that one process at a time moves on and any number wait for, right
// whenever any of them is killed.
//
// It is an eventcount whose advance is also the commit of what it announces. Source: D. Reed and
// R. Kanodia, "Synchronization with eventcounts and sequencers", CACM 1979.
//
//     word   bits 5-31  how many numbers were published, modulo 2^27
//            bits 2-4   how often it was poked, modulo 8: whoever waits is to look elsewhere
//            bit  1     closed, for good: the same
//            bit  0     somebody may sleep
//     cells  the number that count n published is in cell n modulo 2
//
// Publishing writes the cell that no reader reads, then commits: by a compare-and-swap if nobody
// sleeps, else by a system call that adds to the word and wakes, both or neither. So a death leaves
// a number published and its sleepers woken, or neither (but for `publish_silently`). Sleepers set
// bit 0 by compare-and-swap on the same word, so that they either see the new count or are seen.
// All who sleep are woken: one that was chosen might die before it does anything. A sleeper that
// dies leaves its bit, which costs the next publisher one system call.
#pragma once

#include "os/futex.hpp"

#include <bobbin/runtime/detail/os/fault_point.hpp>

#include <array>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class Atomics = shared_atomics>
class event_count {
public:
    // A state of the word, to wait for a change of it.
    using key = std::uint32_t;

    [[nodiscard]] key current() const { return word_.load(std::memory_order_acquire) & ~asleep; }
    [[nodiscard]] bool closed() const {
        return (word_.load(std::memory_order_acquire) & is_closed) != 0;
    }

    // The last number. Any process, any time.
    [[nodiscard]] std::uint64_t read() const {
        for (;;) {
            // Acquire: with the release of the publisher's commit, for what the number announces.
            const std::uint32_t before = word_.load(std::memory_order_acquire);
            const std::uint64_t number = cell(before).load(std::memory_order_acquire);
            // If the cell is being written for the count after the next, its release has brought
            // the next one's commit along.
            if (count(word_.load(std::memory_order_relaxed)) == count(before)) return number;
        }
    }

    // The last number, read by the one that may publish.
    [[nodiscard]] std::uint64_t own() const {
        return cell(word_.load(std::memory_order_relaxed)).load(std::memory_order_relaxed);
    }

    // By one publisher at a time, which has synchronised with the one before (by a lock).
    void publish(std::uint64_t number) {
        std::uint32_t word = word_.load(std::memory_order_relaxed);
        cell(word + one).store(number, std::memory_order_release);  // with the acquire in read()
        bobbin::detail::fault_point("event_count.prepared");
        // Others change nothing but the bits below the count meanwhile.
        while ((word & asleep) == 0) {
            // Release: with the acquires above.
            if (word_.compare_exchange_strong(word, word + one, std::memory_order_release,
                                              std::memory_order_relaxed))
                return;
        }
        Atomics::add_and_wake(word_, one - asleep);
    }

    // As `publish`, but true if `wake` is to follow: it is the publisher's to see that it does.
    [[nodiscard]] bool publish_silently(std::uint64_t number) {
        std::uint32_t word = word_.load(std::memory_order_relaxed);
        cell(word + one).store(number, std::memory_order_release);  // with the acquire in read()
        // Release: with the acquires above.
        while (!word_.compare_exchange_strong(
            word, (word & ~asleep) + one, std::memory_order_release, std::memory_order_relaxed)) {
        }
        return (word & asleep) != 0;
    }
    void wake() { Atomics::wake(word_); }

    // From any process, and any number of times. Numbers may still be published.
    void close() { Atomics::or_and_wake(word_, is_closed); }

    // Makes all who wait return, for something else that they have to see. From any process; one
    // that dies in here may not have done it.
    void poke() {
        std::uint32_t word = word_.load(std::memory_order_relaxed);
        while (!word_.compare_exchange_weak(word, (word & ~pokes) | ((word + one_poke) & pokes),
                                            std::memory_order_release, std::memory_order_relaxed)) {
        }
        Atomics::wake(word_);
    }

    // Returns when something was published, poked or closed since `seen`, at the deadline, or for
    // nothing.
    void wait(key seen, deadline until) {
        std::uint32_t word = seen;
        // A relaxed order is enough: the waiter then looks with acquire.
        if (word_.compare_exchange_strong(word, seen | asleep, std::memory_order_relaxed,
                                          std::memory_order_relaxed) ||
            word == (seen | asleep)) {
            bobbin::detail::fault_point("event_count.flagged");
            Atomics::wait(word_, seen | asleep, until);
        }
    }

    // For those who wait on several: announces a sleeper, and gives the value at which it may sleep
    // if it finds, looking afterwards, nothing new.
    [[nodiscard]] std::uint32_t announce_sleeper() {
        return word_.fetch_or(asleep, std::memory_order_acq_rel) | asleep;
    }
    [[nodiscard]] const auto& word() const { return word_; }

    // For tests of its wrapping: as if that many had been published.
    void start_at(std::uint32_t published_before) {
        word_.store(published_before * one, std::memory_order_relaxed);
    }

private:
    using cell_type = typename Atomics::template atomic<std::uint64_t>;
    static constexpr std::uint32_t asleep = 1;
    static constexpr std::uint32_t is_closed = 2;
    static constexpr std::uint32_t one_poke = 4;
    static constexpr std::uint32_t pokes = 7 * one_poke;
    static constexpr std::uint32_t one = 32;

    static constexpr std::uint32_t count(std::uint32_t word) { return word / one; }
    const cell_type& cell(std::uint32_t word) const { return cells_[count(word) % 2]; }
    cell_type& cell(std::uint32_t word) { return cells_[count(word) % 2]; }

    typename Atomics::template atomic<std::uint32_t> word_{0};
    std::array<cell_type, 2> cells_{};
};

static_assert(sizeof(event_count<>) == 24);

}}}  // namespace bobbin::v0::ipc::detail
