#include <bobbin/ipc/handle.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>

namespace bobbin::inline v0::ipc::detail {
namespace {

[[noreturn]] void fail(int error, const char* what) {
    throw std::system_error(error, std::generic_category(), what);
}

// A message of one byte and room for one descriptor.
struct packet {
    packet() {
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = room.data();
        header.msg_controllen = room.size();
    }

    char mark = 'S';
    iovec part{.iov_base = &mark, .iov_len = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr header{};
};

}  // namespace

void send_segment(int socket, const segment& memory) {
    packet out;
    const int descriptor = memory.descriptor();
    cmsghdr* const control = CMSG_FIRSTHDR(&out.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(control), &descriptor, sizeof descriptor);
    while (::sendmsg(socket, &out.header, MSG_NOSIGNAL) != 1)
        if (errno != EINTR) fail(errno, "bobbin: a segment could not be sent");
}

segment receive_segment(int socket) {
    packet in;
    ssize_t size = 0;
    do size = ::recvmsg(socket, &in.header, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0) fail(errno, "bobbin: a segment could not be received");
    if (size == 0) fail(ECONNRESET, "bobbin: no segment was received, the socket is closed");
    const cmsghdr* const control = CMSG_FIRSTHDR(&in.header);
    if (control == nullptr || control->cmsg_level != SOL_SOCKET ||
        control->cmsg_type != SCM_RIGHTS || control->cmsg_len != CMSG_LEN(sizeof(int)))
        fail(EPROTO, "bobbin: what was received is no segment");
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
    return segment::adopt(descriptor);
}

}  // namespace bobbin::inline v0::ipc::detail
