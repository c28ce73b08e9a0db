// The fork server's process, as the application sees it: one end of a socket, and a pidfd. The
// latter says whether it has ended: the socket may be kept open by a child that was stopped before
// it could close what it inherited.
#pragma once

#include "os/owned_descriptor.hpp"
#include "process/server_packet.hpp"

#include <bobbin/ipc/exit_status.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Any thread may call these.
class server_process {
public:
    static constexpr std::chrono::seconds patience{30};  // with one that starts

    server_process(owned_descriptor socket, owned_descriptor pidfd, pid_t pid,
                   std::string path) noexcept;
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;
    // The server sees that its socket was closed, and ends.
    ~server_process();

    // The other end of a session, which it serves as soon as it is ready. Nothing happens if it has
    // ended. Throws std::system_error.
    void give(int session) const;

    // In a child that this process forked, the server is that of the parent.
    [[nodiscard]] bool is_of_this_process() const noexcept;
    // Readable when it has ended.
    [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }
    // If it has, its children that are left are killed, and the server itself is reaped.
    [[nodiscard]] bool has_ended() noexcept;
    [[nodiscard]] bool is_ready() const noexcept;
    // Returns when the server is ready or dead: after `patience` it is killed.
    void await_ready() const noexcept;
    void kill() const noexcept;

    enum class ending : std::uint8_t {
        after_service,
        refused,        // to serve, and has said why
        was_no_server,  // it ended by itself, and had not said that it was ready
        was_killed,     // before it was ready
    };
    // How the server ended, once it has.
    [[nodiscard]] ending how() const noexcept;
    // Another server would end in the same way.
    [[nodiscard]] bool ended_for_good() const noexcept {
        return how() == ending::refused || how() == ending::was_no_server;
    }
    [[nodiscard]] std::string describe_end() const;  // "the fork server was killed by …"

private:
    [[nodiscard]] bool is_dead() const noexcept;
    void bury() noexcept;
    // Its first, if that has come: a refusal, or only the head of one. It stays in the socket, for
    // all who ask.
    [[nodiscard]] std::optional<server_refusal> word() const noexcept;

    const owned_descriptor socket_;
    const owned_descriptor pidfd_;
    const pid_t pid_;
    const std::string path_;  // of its program
    const pid_t application_;
    mutable std::mutex mutex_;
    bool is_buried_ = false;
    std::optional<exit_status> status_;  // if it was ours to wait for
};

}}}  // namespace bobbin::v0::ipc::detail
