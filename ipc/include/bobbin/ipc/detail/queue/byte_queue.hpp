// The bytes of a shared_queue: messages in a ring, whose ends are moved on by one process at a
// time.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/runtime/deadline.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct byte_ring;
struct ring_end;

enum class queue_end { producers, consumers };

// A message in pieces, which are joined.
using message_parts = std::span<const std::span<const std::byte>>;
// The ring: memory of this process, of a size that no other can change.
using ring_bytes = std::span<std::byte>;
// A piece of it, which may go on at its start.
using two_parts = std::array<std::span<const std::byte>, 2>;

class byte_queue : public shared_object {
public:
    byte_queue(const contents& what, std::size_t capacity, const create_named* name);
    byte_queue(const contents& what, segment existing);

    [[nodiscard]] std::size_t capacity() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::size_t bytes_used() const noexcept;
    [[nodiscard]] bool closed() const noexcept;
    void close();

    // See shared_queue.
    void expect(pid_t producer);
    [[nodiscard]] bool expects_producers() const noexcept;
    // Whether all who were expected have ended, if any were.
    [[nodiscard]] bool producers_are_gone() const;
    // From now on, who waits for a message is woken when one of them ends; as long as what the
    // first call puts there is held.
    void watch_producers(std::shared_ptr<const void>& while_there) const;

    // Whether it is worth trying: there is a message (or room for one), or an error to be had.
    [[nodiscard]] bool can_pop() const;
    [[nodiscard]] bool can_push(std::size_t message) const noexcept;
    // A word that changes with the end that those at `end` wait for, and the value at which to
    // sleep on it, if what they wait for is not there afterwards.
    struct sleeping_place {
        const std::atomic<std::uint32_t>* word;
        std::uint32_t value;
    };
    [[nodiscard]] sleeping_place announce_sleeper(queue_end end) const;
    [[nodiscard]] const void* identity() const noexcept { return ring_; }

    // The right to push, and room for a first message: the producers' end is locked until its end.
    class pushing {
    public:
        // Throws too_large, queue_closed, protocol_error if the ring is damaged. False if that took
        // until the deadline.
        pushing(byte_queue& to, std::size_t first_message, deadline until);
        pushing(const pushing&) = delete;
        pushing& operator=(const pushing&) = delete;
        ~pushing();
        explicit operator bool() const noexcept { return ring_ != nullptr; }

        // Whether another message has room, without waiting. Throws protocol_error.
        [[nodiscard]] bool has_room_for(std::size_t message);
        // Without commit() it has never been written.
        void write(message_parts message) noexcept;
        void commit() noexcept;

    private:
        bool sees_room(std::size_t message);
        bool await_room(std::size_t message, deadline until);
        // As has_room_for, as far as the consumers were seen to have come.
        [[nodiscard]] bool fits(std::size_t message) const noexcept;

        byte_ring* ring_ = nullptr;
        const ring_bytes bytes_;
        std::uint64_t seen_ = 0;  // where the consumers were
        std::uint64_t end_ = 0;   // of what is written
    };

    // The right to pop, and a first message; as above.
    class popping {
    public:
        // Throws queue_closed, producer_died, protocol_error if the ring is damaged.
        popping(byte_queue& from, deadline until);
        popping(const popping&) = delete;
        popping& operator=(const popping&) = delete;
        ~popping();
        explicit operator bool() const noexcept { return ring_ != nullptr; }

        [[nodiscard]] two_parts message() const noexcept;
        // Goes on to the next message, if it is there already.
        [[nodiscard]] bool next();
        // Takes the messages up to this one away.
        void commit() noexcept;

    private:
        void await_message(const byte_queue& from, deadline until);
        void look_at_message();

        byte_ring* ring_ = nullptr;
        const ring_bytes bytes_;
        std::uint64_t begin_ = 0;  // of this message
        std::size_t size_ = 0;     // of this one
        std::uint64_t next_ = 0;   // message's place
        std::uint64_t end_ = 0;    // of all that are there
    };

private:
    // Between the ends, as they say.
    [[nodiscard]] std::uint64_t distance() const noexcept;

    byte_ring* ring_;
    ring_bytes bytes_;
};

}}}  // namespace bobbin::v0::ipc::detail
