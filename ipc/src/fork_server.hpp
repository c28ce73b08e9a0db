// Where workers and processes come from: a server that forks them, a single-threaded process that
// is either this program, started again, or a copy of this one. They are the server's children, so
// it alone waits for them, and says how they ended.
//
// The application has one server for all, kept for the next ones. Each pool, and each process, has
// a session: a socket, at whose end the server kills and reaps that session's children. When the
// application is gone, however, the server reads the end of its own socket and exits; its children
// die with it (PR_SET_PDEATHSIG).
#pragma once

#include "owned_descriptor.hpp"
#include "server_packet.hpp"

#include <bobbin/ipc/exit_status.hpp>
#include <bobbin/ipc/start_method.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <sys/types.h>

namespace bobbin::inline v0::ipc::detail {

class fork_session {
public:
    // Throws std::logic_error if the program did not call init() or may not fork, and
    // std::system_error if there is no server to be had.
    explicit fork_session(start_method how);

    // Readable when `next` has something.
    [[nodiscard]] int socket() const noexcept { return socket_.get(); }

    // False if that has to be tried again later. Nothing happens if the server has gone.
    [[nodiscard]] bool request(worker_request wanted, std::span<const int> descriptors);
    [[nodiscard]] bool request(process_request wanted, std::span<const int> descriptors);

    // Until it may be tried again, or `next` has something.
    void wait() const noexcept;

    struct news {
        server_packet what;
        owned_descriptor pidfd;
        bool server_gone = false;

        // Of a child that has ended.
        [[nodiscard]] exit_status status() const noexcept {
            return {.code = what.code, .signal = what.signal};
        }
    };
    std::optional<news> next();
    // The same, when it has something.
    news await_next();

private:
    bool send(const child_request& wanted, std::span<const int> descriptors);

    start_method how_;
    owned_descriptor socket_;
    owned_descriptor own_server_;  // of start_method::fork
};

// The server's life, at the other end of the socket.
[[noreturn]] void serve(int socket) noexcept;

}  // namespace bobbin::inline v0::ipc::detail
