// What a queue's segment holds: see README.md, "A queue".
#pragma once

#include "sync/event_count.hpp"
#include "sync/fair_lock.hpp"

#include <bobbin/ipc/detail/queue/byte_queue.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// One end of the ring. Its lock is held by the one process that moves it on, and also by the one
// that waits for the other end to move: so only one sleeps for a message (or for room), and if that
// one dies, the kernel gives its lock, and with it the turn to wait, to another.
struct alignas(128) ring_end {
    fair_lock lock;
    std::atomic<std::uint64_t> seen{0};    // the other end's position, when last looked at
    std::atomic<std::uint32_t> looks{32};  // how often to look before sleeping
    alignas(64) event_count<> position;    // bytes since the start
};

struct byte_ring {
    explicit byte_ring(std::size_t bytes) noexcept : capacity(bytes) {}

    std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }

    static constexpr std::size_t least_capacity = 64;

    // Each message has its size before it, and takes a multiple of this many bytes.
    static constexpr std::size_t unit = 8;
    static constexpr std::size_t room_for(std::size_t message) noexcept {
        return unit + (message + unit - 1) / unit * unit;
    }

    ring_end producers;
    ring_end consumers;
    const std::size_t capacity;  // a power of two; each handle has read it once

    // Processes that are expected to push: process_identity of each, or 0.
    static constexpr std::size_t most_expected = 128;
    std::atomic<std::uint8_t> expects{0};  // 1 if any ever was
    std::array<std::atomic<std::uint64_t>, most_expected> expected{};
};

// README.md draws them; other processes count on it.
static_assert(sizeof(ring_end) == 256 && sizeof(byte_ring) == 1664);
static_assert(sizeof(std::uint64_t) == byte_ring::unit);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Returns when `other` may have moved since `seen`, or at the deadline. It looks for a while before
// it sleeps: longer if that was worth it lately. By the holder of `mine`'s lock.
void await_change(ring_end& mine, event_count<>& other, event_count<>::key seen, deadline until);

}}}  // namespace bobbin::v0::ipc::detail
