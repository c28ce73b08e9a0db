// The Chase-Lev work-stealing deque, growing.
//
// The owner pushes and pops at the bottom, last in first out; thieves steal from the top, oldest
// first. Each has a type for its end: `work_deque` is the owner's, and whoever else is given the
// `stealable_deque` that it is can do nothing but what any thread may. Entries are opaque words;
// zero means "none".
// Source: D. Chase, Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005, with the orders of
// N. M. Le et al., "Correct and efficient work-stealing for weak memory models", PPoPP 2013, except
// that the store of `bottom_` and the fence after it in `pop` are one seq_cst exchange: the
// sanitizers do not model fences, and on x86 the exchange is the cheaper barrier.
#pragma once

#include "os/atomics.hpp"

#include <bobbin/runtime/detail/task/work_item.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

// The thieves' end. Any thread.
template <class Atomics = std_atomics>
class stealable_deque {
public:
    stealable_deque(const stealable_deque&) = delete;
    stealable_deque& operator=(const stealable_deque&) = delete;

    // The oldest entry; zero if there is none or another thread was faster.
    work_item steal() noexcept;

    // Snapshots, exact only for an owner that no thief disturbs.
    bool looks_empty() const noexcept { return size() <= 0; }
    std::int64_t size() const noexcept;

protected:
    struct ring {
        explicit ring(std::int64_t size)
            : mask(size - 1), slots(new slot[static_cast<std::size_t>(size)]) {}
        using slot = typename Atomics::template atomic<work_item>;
        std::int64_t mask;
        std::unique_ptr<slot[]> slots;
        slot& at(std::int64_t index) noexcept {
            return slots[static_cast<std::size_t>(index & mask)];
        }
    };

    explicit stealable_deque(std::size_t capacity);
    ~stealable_deque() = default;

    // Owner's line. `room_` is an index up to which pushes need not look at `top_`: it moves only
    // forward as `top_` does.
    alignas(cache_line_pair) typename Atomics::template atomic<std::int64_t> bottom_{0};
    std::int64_t room_;
    typename Atomics::template atomic<ring*> ring_;
    std::vector<std::unique_ptr<ring>> rings_;  // old ones stay: a thief may still read one

    alignas(cache_line_pair) typename Atomics::template atomic<std::int64_t> top_{0};
};

// The owner's end. One thread at a time.
template <class Atomics = std_atomics>
class work_deque : public stealable_deque<Atomics> {
public:
    explicit work_deque(std::size_t capacity = 256) : stealable_deque<Atomics>(capacity) {}

    // Makes sure that `count` pushes will not allocate. May throw std::bad_alloc, and then nothing
    // has changed.
    void reserve(std::int64_t count);

    // Room must have been reserved.
    void push(work_item item) noexcept;

    // Pushes what `count` calls of `next` return, so that the first lies on top.
    template <class Next>
    void push_reversed(std::int64_t count, Next next) noexcept;

    // The newest entry, or zero.
    work_item pop() noexcept;

    // Takes the newest entry if it is `item`; costs one comparison if it is not.
    bool pop_if(work_item item) noexcept;

private:
    using typename stealable_deque<Atomics>::ring;
    using stealable_deque<Atomics>::bottom_;
    using stealable_deque<Atomics>::room_;
    using stealable_deque<Atomics>::ring_;
    using stealable_deque<Atomics>::rings_;
    using stealable_deque<Atomics>::top_;

    void grow(std::int64_t count);
    work_item pop_reserved(std::int64_t index, work_item item) noexcept;
};

template <class Atomics>
stealable_deque<Atomics>::stealable_deque(std::size_t capacity)
    : room_(static_cast<std::int64_t>(capacity)) {
    rings_.push_back(std::make_unique<ring>(static_cast<std::int64_t>(capacity)));
    ring_.store(rings_.back().get(), std::memory_order_relaxed);
}

template <class Atomics>
inline void work_deque<Atomics>::reserve(std::int64_t count) {
    if (bottom_.load(std::memory_order_relaxed) + count > room_) [[unlikely]]
        grow(count);
}

template <class Atomics>
[[gnu::noinline]] void work_deque<Atomics>::grow(std::int64_t count) {
    const auto bottom = bottom_.load(std::memory_order_relaxed);
    // Acquire, with the thieves' release in `steal`: they are done with the slots before `top`.
    const auto top = top_.load(std::memory_order_acquire);
    ring* current = ring_.load(std::memory_order_relaxed);
    auto size = current->mask + 1;
    if (bottom + count - top > size) {
        while (bottom + count - top > size) size *= 2;
        auto bigger = std::make_unique<ring>(size);
        for (auto i = top; i < bottom; ++i)
            bigger->at(i).store(current->at(i).load(std::memory_order_relaxed),
                                std::memory_order_relaxed);
        rings_.push_back(std::move(bigger));
        // Release, with the acquire load in `steal`: the copied slots are there.
        ring_.store(rings_.back().get(), std::memory_order_release);
    }
    room_ = top + size;
}

template <class Atomics>
inline void work_deque<Atomics>::push(work_item item) noexcept {
    const auto bottom = bottom_.load(std::memory_order_relaxed);
    assert(item != 0 && bottom < room_);  // it was reserved
    ring_.load(std::memory_order_relaxed)->at(bottom).store(item, std::memory_order_relaxed);
    // Release, with the acquire load of `bottom_` in `steal`: the slot, and the frame behind it.
    bottom_.store(bottom + 1, std::memory_order_release);
}

template <class Atomics>
template <class Next>
inline void work_deque<Atomics>::push_reversed(std::int64_t count, Next next) noexcept {
    const auto bottom = bottom_.load(std::memory_order_relaxed);
    assert(bottom + count <= room_);  // it was reserved
    ring& slots = *ring_.load(std::memory_order_relaxed);
    for (auto i = bottom + count; --i >= bottom;)
        slots.at(i).store(next(), std::memory_order_relaxed);
    bottom_.store(bottom + count, std::memory_order_release);  // as in `push`
}

template <class Atomics>
inline work_item work_deque<Atomics>::pop() noexcept {
    const auto index = bottom_.load(std::memory_order_relaxed) - 1;
    // Only thieves move `top_`, and only up: what looks empty to the owner is.
    if (index < top_.load(std::memory_order_relaxed)) return 0;
    return pop_reserved(
        index, ring_.load(std::memory_order_relaxed)->at(index).load(std::memory_order_relaxed));
}

template <class Atomics>
inline bool work_deque<Atomics>::pop_if(work_item item) noexcept {
    const auto index = bottom_.load(std::memory_order_relaxed) - 1;
    // A stale slot may hold `item` too (it was stolen): `pop_reserved` finds that out.
    if (index < 0 ||
        ring_.load(std::memory_order_relaxed)->at(index).load(std::memory_order_relaxed) != item)
        return false;
    return pop_reserved(index, item) != 0;
}

template <class Atomics>
inline work_item work_deque<Atomics>::pop_reserved(std::int64_t index, work_item item) noexcept {
    // Seq_cst, with the thieves' seq_cst load of `bottom_`: either the thief sees the smaller
    // bottom or the owner sees the thief's top.
    bottom_.exchange(index, std::memory_order_seq_cst);
    auto top = top_.load(std::memory_order_seq_cst);
    if (top < index) [[likely]]
        return item;
    // The last entry, or none: race the thieves for it by moving top over it.
    if (top > index || !top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                                     std::memory_order_relaxed))
        item = 0;
    bottom_.store(index + 1, std::memory_order_relaxed);
    return item;
}

template <class Atomics>
work_item stealable_deque<Atomics>::steal() noexcept {
    auto top = top_.load(std::memory_order_seq_cst);
    const auto bottom = bottom_.load(std::memory_order_seq_cst);
    if (top >= bottom) return 0;
    // The slot is read before the CAS, which fails if the owner or another thief has had it.
    const work_item item =
        ring_.load(std::memory_order_acquire)->at(top).load(std::memory_order_relaxed);
    if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                      std::memory_order_relaxed))
        return 0;
    return item;
}

template <class Atomics>
inline std::int64_t stealable_deque<Atomics>::size() const noexcept {
    const auto top = top_.load(std::memory_order_seq_cst);
    return bottom_.load(std::memory_order_seq_cst) - top;
}

}}}  // namespace bobbin::v0::detail
