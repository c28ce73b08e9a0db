// Who is awake: how many loops a pool runs, and how many of them are looking for work.
//
// A "loop" is a loop handler that was posted to Asio or is running; between loops a thread sleeps
// in Asio. The word packs
//     bits 0-15   active:     loops posted or running
//     bits 16-31  searching:  those of them that have found nothing yet
// so that "nobody searches and a thread sleeps" is one comparison: word < threads.
//
// Why no wake-up is lost. Work is made visible before the word is read; a loop leaves the word
// before it looks at all the work once more:
//     push:  store deque.bottom; load word;   if word < threads: wake
//     park:  word -= ...; heavy barrier;      scan every deque and the injection queue
// One of the two sees the other. The push may not pay for a barrier, so the parking side brings it
// to every thread (membarrier). Where the kernel refuses that, `wanted` says yes always and the
// locked read in `try_wake` is the barrier.
//
// The barrier takes longer than many a completion of Asio's. So the loops that completions began
// may leave one look to a handler behind them all:
//     park:  word -= ...; ask for a look;     nobody had asked: send the handler
//     look:  begin the look; heavy barrier;   scan every deque and the injection queue
// Whoever is told that another has asked did so before that look begins, and left the word before
// that: the scan comes after both, as if it were its own.
#pragma once

#include "os/atomics.hpp"

#include <cassert>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

template <class Atomics = std_atomics>
class parking {
public:
    // `cheap_push`: the parking side brings the barrier.
    constexpr parking(std::uint32_t threads, bool cheap_push) noexcept
        : threads_(threads), wanted_below_(cheap_push ? threads : ~std::uint32_t{0}) {}

    // After making work visible: should `try_wake` be called? Any thread; one relaxed load.
    bool wanted() const noexcept {
        // Relaxed: see above, the barrier is the other side's.
        return word_.load(std::memory_order_relaxed) < wanted_below_;
    }

    // Enters one more loop, searching, if none searches and a thread sleeps. True: the caller posts
    // it. Any thread, also without `wanted`: its first access is a full barrier.
    [[nodiscard]] bool try_wake() noexcept {
        // Seq_cst, with the fetch_sub in `leave`.
        auto word = word_.fetch_add(0, std::memory_order_seq_cst);
        while (word < threads_)
            if (word_.compare_exchange_weak(word, word + one_active + one_searching,
                                            std::memory_order_seq_cst))
                return true;
        return false;
    }

    // A loop that begins with work in hand, as an Asio completion resumed a task. True if there are
    // loops enough for all threads without it: then it is to end after that work.
    [[nodiscard]] bool enter() noexcept {
        const auto loops = active(word_.fetch_add(one_active, std::memory_order_seq_cst));
        assert(loops < one_searching - 1);  // or it would run over into `searching`
        return loops >= threads_;
    }

    // A running loop has run dry. True if it may search: at most one does.
    [[nodiscard]] bool begin_search() noexcept {
        auto word = word_.load(std::memory_order_relaxed);
        while (word < one_searching)
            if (word_.compare_exchange_weak(word, word + one_searching, std::memory_order_seq_cst))
                return true;
        return false;
    }

    // What a loop that ends its search, or ends, must do about the work that others made meanwhile,
    // relying on it.
    enum class duty : std::uint8_t {
        none,             // no thread sleeps: whoever leaves next sees to it
        look,             // scan all work and `try_wake`; no other loop can have pushed any
        barrier_and_look  // the same after the heavy barrier: another loop may just have pushed
    };

    // The searching loop has found work.
    [[nodiscard]] duty end_search() noexcept {
        const auto word = word_.fetch_sub(one_searching, std::memory_order_seq_cst);
        assert(active(word) > 0 && searching(word) == 1);
        return duty_with(active(word), active(word) - 1);
    }

    // The loop is about to end.
    [[nodiscard]] duty leave(bool own_search) noexcept {
        // Seq_cst, with the fetch_add in `try_wake`.
        const auto word = word_.fetch_sub(own_search ? one_active + one_searching : one_active,
                                          std::memory_order_seq_cst);
        assert(active(word) > 0 && searching(word) <= 1 && (!own_search || searching(word) == 1));
        return duty_with(active(word) - 1, active(word) - 1);
    }

    // No loop is posted or running.
    bool at_rest() const noexcept { return word_.load(std::memory_order_relaxed) == 0; }

    // Instead of `duty::barrier_and_look` at once. True: the caller sees to it that somebody,
    // later, calls `begin_look` and then does that duty. False: that is still to come, and does for
    // this loop too.
    [[nodiscard]] bool ask_for_look() noexcept {
        // Release, with the acquire in `begin_look`: this loop has left. Further exchanges between
        // the two keep that up, as they are read-modify-writes.
        return !look_asked_.exchange(true, std::memory_order_release);
    }
    void begin_look() noexcept {
        // Acquire, with the release in `ask_for_look`. A store would not read, so not acquire.
        look_asked_.exchange(false, std::memory_order_acquire);
    }

private:
    static constexpr std::uint32_t one_active = 1;
    static constexpr std::uint32_t one_searching = 1U << 16U;
    static constexpr std::uint32_t active(std::uint32_t word) noexcept {
        return word & (one_searching - 1);
    }
    static constexpr std::uint32_t searching(std::uint32_t word) noexcept {
        return word / one_searching;
    }

    duty duty_with(std::uint32_t loops, std::uint32_t others) const noexcept {
        if (loops >= threads_) return duty::none;
        return others == 0 ? duty::look : duty::barrier_and_look;
    }

    const std::uint32_t threads_;
    const std::uint32_t wanted_below_;
    alignas(cache_line_pair) typename Atomics::template atomic<std::uint32_t> word_{0};
    typename Atomics::template atomic<bool> look_asked_{false};
};

}}}  // namespace bobbin::v0::detail
