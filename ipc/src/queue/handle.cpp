// See handle.hpp.
#include "os/control_socket.hpp"
#include "os/fail.hpp"

#include <bobbin/ipc/handle.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

constexpr std::byte segment_mark{'S'};

}  // namespace

void send_segment(int socket, const segment& memory) {
    const int descriptor = memory.descriptor();
    switch (send_packet_blocking(socket, std::span(&segment_mark, 1), std::span(&descriptor, 1))) {
        case sending::done:
            return;
        case sending::would_block:
            fail(EAGAIN, "a segment could not be sent: too much is on its way");
        case sending::gone:
            fail(EPIPE, "a segment could not be sent: the socket is closed");
    }
}

segment receive_segment(int socket) {
    std::byte mark{};
    auto got = receive_packet_blocking(socket, std::span(&mark, 1));
    if (got.none) fail(EAGAIN, "no segment was received");
    if (got.gone) fail(ECONNRESET, "no segment was received, the socket is closed");
    if (got.descriptors.size() != 1) fail(EPROTO, "what was received is no segment");
    return segment::adopt(got.descriptors.front().release());
}

}}}  // namespace bobbin::v0::ipc::detail
