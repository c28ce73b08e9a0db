// Where workers and processes come from: a server that forks them, a single-threaded process that
// is either this program, started again, or a copy of this one. They are the server's children, so
// it alone waits for them, and says how they ended.
//
// The application has one server for all, kept for the next ones. Each pool, and each process, has
// a session: a socket, at whose end the server kills and reaps that session's children. When the
// application is gone, however, the server reads the end of its own socket and exits; its children
// die with it (PR_SET_PDEATHSIG).
#pragma once

#include "os/owned_descriptor.hpp"
#include "process/server_packet.hpp"
#include "process/server_process.hpp"

#include <bobbin/ipc/exit_status.hpp>
#include <bobbin/ipc/start_method.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class fork_session {
public:
    // A session of a server that may not be ready yet. Throws std::logic_error if the program did
    // not call init() or may not fork, and std::system_error or std::runtime_error if there is no
    // server to be had.
    static fork_session begin(start_method how);
    // Waits until the server is ready, before the first request; if it has gone, for another one.
    // Throws as `begin` does.
    void await_server();
    // When the server has gone, before the next attempt: waits for a while, or throws why there
    // should be none.
    void recover_from(unsigned failures) const;

    fork_session(fork_session&& other) noexcept = default;
    fork_session& operator=(fork_session&& other) noexcept = default;
    // The children that are left are killed.
    ~fork_session();

    // Readable when `next` has something.
    [[nodiscard]] int descriptor() const noexcept { return either_.get(); }

    // False if that has to be tried again later. Nothing happens if the server has gone.
    [[nodiscard]] bool request(worker_request wanted, std::span<const int> descriptors);
    [[nodiscard]] bool request(process_request wanted, std::span<const int> descriptors);

    // Until it may be tried again, or `next` has something.
    void wait() const noexcept;

    struct news {
        server_packet what;
        owned_descriptor pidfd;
        bool server_gone = false;  // it has ended, and what it left is killed; or ended the session
        // With `server_gone`: whether the server has read the last request, as far as can be told.
        // What came of that nobody knows.
        bool was_read = false;

        // Of a child that has ended.
        [[nodiscard]] exit_status status() const noexcept {
            return {.code = what.code, .signal = what.signal};
        }
    };
    std::optional<news> next();
    // The same, when it has something. It kills a server that is not ready after its patience.
    news await_next();

    [[nodiscard]] server_process& server() const noexcept { return *server_; }

private:
    fork_session(start_method how, std::shared_ptr<server_process> server);
    bool send(const child_request& wanted, std::span<const int> descriptors);
    bool send_request(std::span<const std::byte> bytes, std::span<const int> descriptors);

    start_method how_ = start_method::fork_server;
    bool has_requested_ = false;
    bool left_unread_ = false;                // which the socket says once
    std::shared_ptr<server_process> server_;  // a copy serves one session only
    owned_descriptor socket_;
    owned_descriptor either_;  // an epoll of the socket and the server's end
};

// `next`, for those that can be told nothing else. What there is no memory for is there with the
// next look; and where the program has closed the socket, the server sees that as the session's
// end, too.
std::optional<fork_session::news> next_news(fork_session& of);

// How long to wait after so many attempts to start a process have failed, one after the other.
constexpr std::chrono::milliseconds back_off(unsigned failures) noexcept {
    return std::chrono::milliseconds(10U << std::min(failures, 7U));
}

// The server's life, at the other end of the socket.
[[noreturn]] void serve(int socket) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
