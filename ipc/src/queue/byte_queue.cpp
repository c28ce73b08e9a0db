// See byte_queue.hpp.
#include "memory/wrapped_bytes.hpp"
#include "queue/byte_ring.hpp"

#include <bobbin/ipc/detail/queue/byte_queue.hpp>
#include <bobbin/runtime/detail/os/spin_pause.hpp>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <new>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

constexpr std::size_t most_capacity = std::size_t{1} << 46U;  // more than any machine has

std::size_t rounded_up(std::size_t capacity) {
    if (capacity > most_capacity)
        throw std::invalid_argument("bobbin: a queue of " + std::to_string(capacity) + " bytes");
    return std::bit_ceil(std::max(capacity, byte_ring::least_capacity));
}

// Each use looks whether the positions can be true, in its own copy of them; so that memory outside
// of the ring is safe from whatever others write into the queue.
[[noreturn]] void refuse_damaged(const std::string& what) {
    throw protocol_error("bobbin: the memory of a queue was written over: " + what);
}
[[noreturn]] void refuse_position(std::uint64_t at) {
    refuse_damaged("no message begins at byte " + std::to_string(at));
}
[[noreturn]] void refuse_ends(std::uint64_t begin, std::uint64_t end) {
    refuse_damaged("its ends are at bytes " + std::to_string(begin) + " and " +
                   std::to_string(end));
}
[[noreturn]] void refuse_message(std::uint64_t size, std::uint64_t used) {
    refuse_damaged("a message of " + std::to_string(size) + " bytes where " + std::to_string(used) +
                   " are used");
}

void expect_position(std::uint64_t at) {
    if (at % byte_ring::unit != 0) [[unlikely]]
        refuse_position(at);
}

// Messages are small, and each is followed by locked instructions, which wait until the stores
// before them have reached their cache lines. So the processor is asked for the cache lines of the
// next messages ahead of time, if that part of the ring is already this end's.
constexpr std::uint64_t ahead = 512;

void prepare_to_write(ring_bytes ring, std::uint64_t end, std::uint64_t limit) noexcept {
    if (limit - end < 2 * ahead) return;
#if defined(__x86_64__)
    // __builtin_prefetch asks for a line to write with newer instruction sets only; older
    // processors take this one for a no-op.
    asm volatile("prefetchw %0" : : "m"(ring[(end + ahead) & (ring.size() - 1)]));
#else
    __builtin_prefetch(&ring[(end + ahead) & (ring.size() - 1)], 1);
#endif
}

void prepare_to_read(ring_bytes ring, std::uint64_t begin, std::uint64_t end) noexcept {
    if (end - begin < 2 * ahead) return;
    __builtin_prefetch(&ring[(begin + ahead) & (ring.size() - 1)]);
}

}  // namespace

// The pauses are long enough for several messages: each look takes the cache line of the position
// away from its writer.
void await_change(ring_end& mine, event_count<>& other, event_count<>::key seen, deadline until) {
    constexpr std::uint32_t least = 4;
    constexpr std::uint32_t most = 128;
    constexpr int pauses = 200;
    const std::uint32_t looks = std::min(mine.looks.load(std::memory_order_relaxed), most);
    for (std::uint32_t i = 0; i < looks; ++i) {
        for (int pause = 0; pause < pauses; ++pause) bobbin::detail::spin_pause();
        if (other.current() != seen) {
            if (looks < most) mine.looks.store(looks + 1, std::memory_order_relaxed);
            return;
        }
    }
    mine.looks.store(std::max(least, looks / 2), std::memory_order_relaxed);
    other.wait(seen, until);
}

// --- the queue as a whole ---

byte_queue::byte_queue(const contents& what, std::size_t capacity, const create_named* name)
    : shared_object(what, sizeof(byte_ring) + rounded_up(capacity), name,
                    [&](std::byte* memory) { new (memory) byte_ring(rounded_up(capacity)); }),
      ring_(std::launder(reinterpret_cast<byte_ring*>(body()))),
      bytes_(ring_->data(), rounded_up(capacity)) {}

byte_queue::byte_queue(const contents& what, segment existing)
    : shared_object(what, std::move(existing), sizeof(byte_ring)),
      ring_(std::launder(reinterpret_cast<byte_ring*>(body()))),
      bytes_(ring_->data(), ring_->capacity) {
    if (!std::has_single_bit(bytes_.size()) || bytes_.size() < byte_ring::least_capacity ||
        bytes_.size() > body_size() - sizeof(byte_ring))
        throw wrong_segment("bobbin: a queue of " + std::to_string(bytes_.size()) +
                            " bytes in a segment of " + std::to_string(memory().size()));
}

std::uint64_t byte_queue::distance() const noexcept {
    // In this order the difference is never negative.
    const std::uint64_t head = ring_->consumers.position.read();
    return ring_->producers.position.read() - head;
}

std::size_t byte_queue::bytes_used() const noexcept {
    return std::min<std::uint64_t>(distance(), capacity());
}

bool byte_queue::closed() const noexcept {
    return ring_->producers.position.closed();
}

void byte_queue::close() {
    // The producers' position says whether the queue is closed. Who waits for room waits on the
    // other one; if this process dies in between, that one is woken by the next pop.
    ring_->producers.position.close();
    bobbin::detail::fault_point("queue.half_closed");
    ring_->consumers.position.close();
}

bool byte_queue::can_pop() const {
    return distance() > 0 || closed() || producers_are_gone();
}

bool byte_queue::can_push(std::size_t message) const noexcept {
    const std::uint64_t used = distance();
    return closed() || used > capacity() || byte_ring::room_for(message) <= capacity() - used;
}

byte_queue::sleeping_place byte_queue::announce_sleeper(queue_end end) const {
    auto& other = end == queue_end::consumers ? ring_->producers : ring_->consumers;
    return {&other.position.word(), other.position.announce_sleeper()};
}

// --- pushing ---

inline bool byte_queue::pushing::fits(std::size_t message) const noexcept {
    return end_ + byte_ring::room_for(message) - seen_ <= bytes_.size();
}

// Mostly what was seen last is enough, and the other end's cache line stays where it is.
inline bool byte_queue::pushing::sees_room(std::size_t message) {
    const ring_end& own = ring_->producers;
    // Whatever the holder before died of, its bytes were committed or were not.
    end_ = own.position.own();
    expect_position(end_);
    seen_ = own.seen.load(std::memory_order_relaxed);
    return !own.position.closed() && fits(message);
}

byte_queue::pushing::pushing(byte_queue& to, std::size_t first_message, deadline until)
    : bytes_(to.bytes_) {
    if (first_message > bytes_.size() || byte_ring::room_for(first_message) > bytes_.size())
        throw too_large(first_message, bytes_.size() - byte_ring::unit);
    fair_lock& lock = to.ring_->producers.lock;
    if (lock.lock_until(until) == acquired::no) return;
    ring_ = to.ring_;
    try {
        if (!sees_room(first_message) && !await_room(first_message, until)) ring_ = nullptr;
    } catch (...) {
        lock.let_go();
        throw;
    }
    if (ring_ == nullptr) lock.let_go();
}

// False if there is none at the deadline.
bool byte_queue::pushing::await_room(std::size_t message, deadline until) {
    ring_end& own = ring_->producers;
    event_count<>& other = ring_->consumers.position;
    for (;;) {
        // Before both questions: what changes after them, changes the key.
        const auto key = other.current();
        if (own.position.closed()) throw queue_closed();
        if (has_room_for(message)) return true;
        if (until.has_passed()) return false;
        await_change(own, other, key, until);
    }
}

byte_queue::pushing::~pushing() {
    if (ring_ != nullptr) ring_->producers.lock.let_go();
}

bool byte_queue::pushing::has_room_for(std::size_t message) {
    if (fits(message)) return true;
    seen_ = ring_->consumers.position.read();
    if (end_ - seen_ > bytes_.size()) refuse_ends(seen_, end_);
    ring_->producers.seen.store(seen_, std::memory_order_relaxed);
    return fits(message);
}

void byte_queue::pushing::write(message_parts message) noexcept {
    assert(ring_ != nullptr);
    std::uint64_t size = 0;
    std::uint64_t at = end_ + byte_ring::unit;
    for (const auto piece : message) {
        write_wrapped(bytes_, at + size, piece);
        size += piece.size();
        bobbin::detail::fault_point("queue.partly_written");
    }
    write_wrapped(bytes_, end_, std::as_bytes(std::span(&size, 1)));
    end_ += byte_ring::room_for(size);
    prepare_to_write(bytes_, end_, seen_ + bytes_.size());
}

void byte_queue::pushing::commit() noexcept {
    assert(ring_ != nullptr);
    bobbin::detail::fault_point("queue.written");
    ring_->producers.position.publish(end_);
    bobbin::detail::fault_point("queue.pushed");
}

// --- popping ---

byte_queue::popping::popping(byte_queue& from, deadline until) : bytes_(from.bytes_) {
    fair_lock& lock = from.ring_->consumers.lock;
    if (lock.lock_until(until) == acquired::no) return;
    ring_ = from.ring_;
    try {
        begin_ = ring_->consumers.position.own();
        end_ = ring_->consumers.seen.load(std::memory_order_relaxed);
        if (begin_ == end_) await_message(from, until);
        if (begin_ == end_) ring_ = nullptr;
        if (ring_ != nullptr) look_at_message();
    } catch (...) {
        lock.let_go();
        throw;
    }
    if (ring_ == nullptr) lock.let_go();
}

// If there is none at the deadline, begin_ is end_.
void byte_queue::popping::await_message(const byte_queue& from, deadline until) {
    ring_end& own = ring_->consumers;
    event_count<>& other = ring_->producers.position;
    std::shared_ptr<const void> watching;
    for (bool watched = false;;) {
        if (watched) from.watch_producers(watching);
        const auto key = other.current();
        // Whether the producers are gone is asked before the look for a message, so that what they
        // pushed last is seen.
        const bool closed = other.closed();
        const bool gone = from.producers_are_gone();
        end_ = other.read();
        own.seen.store(end_, std::memory_order_relaxed);
        if (end_ != begin_) return;
        if (closed) throw queue_closed();
        if (gone) throw producer_died();
        if (until.has_passed()) return;
        // A producer that ended before it was watched is seen by another look.
        if (watched || !from.expects_producers()) await_change(own, other, key, until);
        watched = true;
    }
}

byte_queue::popping::~popping() {
    if (ring_ != nullptr) ring_->consumers.lock.let_go();
}

void byte_queue::popping::look_at_message() {
    expect_position(begin_);
    std::uint64_t size = 0;
    std::memcpy(&size, wrapped(bytes_, begin_, byte_ring::unit)[0].data(), sizeof size);
    const std::uint64_t used = end_ - begin_;
    if (used > bytes_.size() || size > bytes_.size() || byte_ring::room_for(size) > used)
        refuse_message(size, used);
    size_ = size;
    next_ = begin_ + byte_ring::room_for(size);
    prepare_to_read(bytes_, next_, end_);
}

two_parts byte_queue::popping::message() const noexcept {
    assert(ring_ != nullptr);
    const auto [first, second] = wrapped(bytes_, begin_ + byte_ring::unit, size_);
    return {first, second};
}

bool byte_queue::popping::next() {
    if (next_ == end_) return false;
    begin_ = next_;
    look_at_message();
    return true;
}

void byte_queue::popping::commit() noexcept {
    assert(ring_ != nullptr && end_ - next_ <= end_ - begin_);
    bobbin::detail::fault_point("queue.read");
    ring_->consumers.position.publish(next_);
    bobbin::detail::fault_point("queue.popped");
}

}}}  // namespace bobbin::v0::ipc::detail
