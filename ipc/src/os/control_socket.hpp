// Packets with descriptors between two processes: a pair of sockets that keeps them apart and in
// order.
#pragma once

#include "os/owned_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

inline constexpr std::size_t most_descriptors = 64;  // in one packet

// Both close on exec. Throws std::system_error.
std::pair<owned_descriptor, owned_descriptor> control_socket_pair();

enum class [[nodiscard]] sending : std::uint8_t{
    done,
    would_block,  // nothing was sent: too much, or too many descriptors, is on its way
    gone,         // nobody is there to read it
};

// Throw std::bad_alloc if the kernel has no memory, std::system_error for anything else.
sending send_packet(int socket, std::span<const std::byte> bytes,
                    std::span<const int> descriptors = {});
sending send_packet_blocking(int socket, std::span<const std::byte> bytes,
                             std::span<const int> descriptors = {});

struct received_packet {
    bool none = false;               // now
    bool gone = false;               // for ever
    bool left_unread = false;        // with that, or before: what was sent to it last, or more
    bool lacks_descriptors = false;  // there was no room for some that came with it
    std::size_t size = 0;
    std::vector<owned_descriptor> descriptors;
};

// The descriptor of a packet that has one, or none.
inline owned_descriptor first_of(received_packet& got) noexcept {
    return got.descriptors.empty() ? owned_descriptor() : std::move(got.descriptors.front());
}

// Throw as sending does, and what came can be read again then.
received_packet receive_packet(int socket, std::span<std::byte> into);
received_packet receive_packet_blocking(int socket, std::span<std::byte> into);
// The packet stays in the socket; the descriptors are copies.
received_packet peek_packet(int socket, std::span<std::byte> into);

}}}  // namespace bobbin::v0::ipc::detail
