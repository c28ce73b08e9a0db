// Who is expected to push into a queue, and whether anybody of them is left.
#include "os/process_identity.hpp"
#include "queue/byte_ring.hpp"
#include "sync/death_watch.hpp"

#include <bobbin/ipc/detail/queue/byte_queue.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void byte_queue::expect(pid_t producer) {
    const std::uint64_t identity = process_identity(producer);
    // A producer that has ended already was expected all the same.
    ring_->expects.store(1, std::memory_order_release);
    if (identity == 0) {
        if (::kill(producer, 0) == 0 || errno != ESRCH) return;
        throw std::system_error(ESRCH, std::generic_category(),
                                "bobbin: process " + std::to_string(producer) +
                                    " can't be expected to put anything into a queue");
    }
    for (const bool look_for_the_dead : {false, true}) {
        for (auto& place : ring_->expected) {
            std::uint64_t found = place.load(std::memory_order_acquire);
            if (found == identity) return;
            if (found != 0 && (!look_for_the_dead || is_alive(found))) continue;
            // Release: with the acquire of who looks whether anybody is left.
            if (place.compare_exchange_strong(found, identity, std::memory_order_release,
                                              std::memory_order_relaxed)) {
                // Consumers that sleep do not watch this producer yet: wake them.
                ring_->producers.position.poke();
                return;
            }
        }
    }
    throw std::length_error("bobbin: a queue can expect " +
                            std::to_string(byte_ring::most_expected) +
                            " living producers and no more");
}

bool byte_queue::expects_producers() const noexcept {
    return ring_->expects.load(std::memory_order_acquire) != 0;  // with the release in expect()
}

void byte_queue::watch_producers(std::shared_ptr<const void>& while_there) const {
    if (!expects_producers()) return;
    if (while_there == nullptr)
        while_there = std::make_shared<const death_watching>(ring_->producers.position);
    for (auto& place : ring_->expected)
        if (const std::uint64_t found = place.load(std::memory_order_acquire); found != 0)
            if (is_alive(found)) poke_at_death(found, memory(), ring_->producers.position);
}

bool byte_queue::producers_are_gone() const {
    if (!expects_producers()) return false;
    return std::ranges::none_of(ring_->expected, [](const auto& place) {
        const std::uint64_t found = place.load(std::memory_order_acquire);
        return found != 0 && is_alive(found);
    });
}

}}}  // namespace bobbin::v0::ipc::detail
