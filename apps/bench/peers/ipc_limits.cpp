// What no channel between processes can beat, each for one thing that channels do.
#include "futex.hpp"
#include "messages.hpp"

#include <bobbin/ipc/segment.hpp>

#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <thread>

namespace bench::peers {
namespace {

using bobbin::ipc::segment;

// Calls `look` until it says yes. Both sides may have to share a core.
template <class Look>
void spin_until(Look look) {
    for (unsigned looks = 1; !look(); ++looks) {
        if (looks % 4096 == 0) {
            std::this_thread::yield();
        }
    }
}

// One producer, one consumer; each has on lines of its own what it writes and what it last saw of
// the other.
struct ring {
    static constexpr std::size_t length = 4096;
    using words = std::array<std::uint64_t, 8>;
    struct end {
        alignas(64) std::atomic<std::uint64_t> position{0};
        alignas(64) std::uint64_t other = 0;
    };

    end producer;
    end consumer;
    alignas(64) std::array<words, length> slots{};
};

struct ring_channel {
    static constexpr bool for_all = false;
    explicit ring_channel(const message_work& /*work*/)
        : memory(segment::create(sizeof(ring))), shared(*new (memory.data()) ring) {}

    struct sender {
        sender(ring_channel& to, const message_work& /*work*/) : shared(to.shared) {}
        void send(std::uint64_t number) {
            auto& [position, other] = shared.producer;
            if (at - other == ring::length) {
                // acquire pairs with the consumer's release: it has read what we overwrite.
                spin_until([&seen = other, this] {
                    seen = shared.consumer.position.load(std::memory_order_acquire);
                    return at - seen < ring::length;
                });
            }
            stamp(message, number);
            shared.slots[at % ring::length] = message;
            position.store(++at, std::memory_order_release);
        }
        ring& shared;
        ring::words message{};
        std::uint64_t at = 0;
    };
    struct receiver {
        receiver(ring_channel& from, const message_work& /*work*/) : shared(from.shared) {}
        std::uint64_t receive() {
            auto& [position, other] = shared.consumer;
            if (at == other) {
                // acquire pairs with the producer's release: the message is there.
                spin_until([&seen = other, this] {
                    seen = shared.producer.position.load(std::memory_order_acquire);
                    return at < seen;
                });
            }
            const std::uint64_t number = stamp_of(shared.slots[at % ring::length]);
            position.store(++at, std::memory_order_release);
            return number;
        }
        ring& shared;
        std::uint64_t at = 0;
    };

    segment memory;
    ring& shared;
};

// Each message is copied in by one process and out by another, but they don't wait for each other.
struct copy_channel {
    static constexpr bool for_all = false;
    explicit copy_channel(const message_work& work)
        : memory(segment::create(channel_bytes(work))) {}

    struct end {
        end(copy_channel& channel, const message_work& work)
            : shared(channel.memory.data()),
              message(make_message(work)),
              bytes(work.bytes),
              slots(channel_bytes(work) / work.bytes) {}
        std::byte* slot(std::uint64_t number) { return shared + number % slots * bytes; }
        std::byte* shared;
        std::vector<std::uint64_t> message;
        std::size_t bytes;
        std::size_t slots;
    };
    struct sender : end {
        using end::end;
        void send(std::uint64_t number) {
            stamp(message, number);
            std::memcpy(slot(number), message.data(), bytes);
        }
    };
    struct receiver : end {
        using end::end;
        std::uint64_t receive() {
            std::memcpy(message.data(), slot(next), bytes);
            asm volatile("" : : "r"(message.data()) : "memory");  // somebody may read it
            return next++;
        }
        std::uint64_t next = 0;
    };

    segment memory;
};

// A number that is handed over to somebody who sleeps, or spins.
struct word {
    std::atomic<std::uint32_t> turn{0};  // changes when the number is there
    std::uint64_t number = 0;
};

template <class Wait>
struct word_channel {
    static constexpr bool for_all = false;
    explicit word_channel(const message_work& /*work*/)
        : memory(segment::create(sizeof(word))), shared(*new (memory.data()) word) {}

    struct sender {
        sender(word_channel& to, const message_work& /*work*/) : shared(to.shared) {}
        void send(std::uint64_t number) {
            shared.number = number;
            // release pairs with the other side's acquire: the number is there.
            shared.turn.fetch_add(1, std::memory_order_release);
            Wait::wake(shared.turn);
        }
        word& shared;
    };
    struct receiver {
        receiver(word_channel& from, const message_work& /*work*/) : shared(from.shared) {}
        std::uint64_t receive() {
            while (shared.turn.load(std::memory_order_acquire) == seen) {
                Wait::wait(shared.turn, seen);
            }
            ++seen;  // there is never more than one on its way
            return shared.number;
        }
        word& shared;
        std::uint32_t seen = 0;
    };

    segment memory;
    word& shared;
};

struct sleeping {
    static void wake(std::atomic<std::uint32_t>& turn) { futex_wake(turn); }
    static void wait(std::atomic<std::uint32_t>& turn, std::uint32_t seen) {
        futex_wait(turn, seen);
    }
};

struct spinning {
    static void wake(std::atomic<std::uint32_t>& /*turn*/) {}
    static void wait(std::atomic<std::uint32_t>& turn, std::uint32_t seen) {
        spin_until([&] { return turn.load(std::memory_order_relaxed) != seen; });
    }
};

}  // namespace

run_result ring_stream(const message_work& work) {
    return stream<ring_channel>(work);
}
run_result copy_stream(const message_work& work) {
    return stream<copy_channel>(work);
}
run_result futex_trip(const message_work& work) {
    return round_trip<word_channel<sleeping>>(work);
}
run_result line_trip(const message_work& work) {
    return round_trip<word_channel<spinning>>(work);
}

}  // namespace bench::peers
