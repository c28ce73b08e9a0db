// Handing shared objects to processes that are no children made by fork(): through a socket.
#pragma once

#include <bobbin/ipc/detail/encoding/codec_handles.hpp>
#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/segment.hpp>

#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {
void send_segment(int socket, const segment& memory);
segment receive_segment(int socket);
}  // namespace detail

// Sends one byte with the descriptor of the object's memory (SCM_RIGHTS) over a Unix socket. Blocks
// as send() does. Throws std::system_error.
template <handle H>
void send_handle(int socket, const H& object) {
    detail::send_segment(socket, object.memory());
}

// Blocks until the other side sends one. Throws wrong_segment if that is no H, std::system_error if
// the socket fails, is closed, or has something else for us.
template <handle H>
H receive_handle(int socket) {
    return H(detail::receive_segment(socket));
}

// Pipes have two.
template <class T>
void send_handle(int socket, const pipe_end<T>& end) {
    detail::send_segment(socket, end.out().memory());
    detail::send_segment(socket, end.in().memory());
}
template <class T>
pipe_end<T> receive_pipe_end(int socket) {
    shared_queue<T> out(detail::receive_segment(socket));
    shared_queue<T> in(detail::receive_segment(socket));
    return pipe_end<T>(std::move(out), std::move(in));
}

}}}  // namespace bobbin::v0::ipc
