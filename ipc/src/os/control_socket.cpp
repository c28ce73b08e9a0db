// See control_socket.hpp.
#include "os/control_socket.hpp"

#include "os/fail.hpp"
#include "os/uninterrupted.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

constexpr std::size_t descriptors_room = CMSG_SPACE(most_descriptors * sizeof(int));

[[noreturn]] void fail_at_socket(const char* what) {
    if (errno == ENOMEM || errno == ENOBUFS) throw std::bad_alloc();
    fail(errno, what);
}

sending send_with(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors,
                  int flags) {
    if (descriptors.size() > most_descriptors)
        throw std::length_error("bobbin: too many descriptors for one packet");
    iovec part{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    alignas(cmsghdr) std::array<std::byte, descriptors_room> control{};
    msghdr packet{};
    packet.msg_iov = &part;
    packet.msg_iovlen = 1;
    if (!descriptors.empty()) {
        packet.msg_control = control.data();
        packet.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const head = CMSG_FIRSTHDR(&packet);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
    }
    if (uninterrupted([&] { return ::sendmsg(socket, &packet, flags | MSG_NOSIGNAL); }) < 0) {
        if (errno == EAGAIN || errno == ETOOMANYREFS) return sending::would_block;
        if (errno == EPIPE || errno == ECONNRESET) return sending::gone;
        fail_at_socket("sending to a process");
    }
    return sending::done;
}

void take_descriptors(msghdr& packet, std::vector<owned_descriptor>& to) {
    for (auto* head = CMSG_FIRSTHDR(&packet); head != nullptr; head = CMSG_NXTHDR(&packet, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int each = -1;
            std::memcpy(&each, CMSG_DATA(head) + i * sizeof(int), sizeof each);
            to.emplace_back(each);
        }
    }
}

received_packet receive_with(int socket, std::span<std::byte> into, int flags) {
    iovec part{.iov_base = into.data(), .iov_len = into.size()};
    alignas(cmsghdr) std::array<std::byte, descriptors_room> control{};
    msghdr packet{};
    packet.msg_iov = &part;
    packet.msg_iovlen = 1;
    packet.msg_control = control.data();
    packet.msg_controllen = control.size();
    received_packet got;
    got.descriptors.reserve(most_descriptors);  // before there is anything to lose
    ssize_t size = 0;
    // That its other end was closed with packets unread is said once, before the packets from
    // there.
    for (;;) {
        size = uninterrupted([&] { return ::recvmsg(socket, &packet, flags | MSG_CMSG_CLOEXEC); });
        if (size >= 0 || errno != ECONNRESET) break;
        got.left_unread = true;
    }
    if (size < 0 && errno == EAGAIN) {
        got.none = true;
    } else if (size == 0) {
        got.gone = true;
    } else if (size < 0) {
        fail_at_socket("reading from a process");
    } else {
        got.size = static_cast<std::size_t>(size);
        got.lacks_descriptors = (packet.msg_flags & MSG_CTRUNC) != 0;
        take_descriptors(packet, got.descriptors);
    }
    return got;
}

}  // namespace

std::pair<owned_descriptor, owned_descriptor> control_socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        fail_at_socket("socketpair");
    return {owned_descriptor(ends[0]), owned_descriptor(ends[1])};
}

sending send_packet(int socket, std::span<const std::byte> bytes,
                    std::span<const int> descriptors) {
    return send_with(socket, bytes, descriptors, MSG_DONTWAIT);
}
sending send_packet_blocking(int socket, std::span<const std::byte> bytes,
                             std::span<const int> descriptors) {
    return send_with(socket, bytes, descriptors, 0);
}
received_packet receive_packet(int socket, std::span<std::byte> into) {
    return receive_with(socket, into, MSG_DONTWAIT);
}
received_packet receive_packet_blocking(int socket, std::span<std::byte> into) {
    return receive_with(socket, into, 0);
}
received_packet peek_packet(int socket, std::span<std::byte> into) {
    return receive_with(socket, into, MSG_DONTWAIT | MSG_PEEK);
}

}}}  // namespace bobbin::v0::ipc::detail
