// How a process ended.
#pragma once

namespace bobbin { inline namespace v0 { namespace ipc {

// By itself with a code, or by a signal.
struct exit_status {
    int code = 0;    // 0 if it was killed; -1 if nobody knows
    int signal = 0;  // that killed it, or 0

    [[nodiscard]] bool ok() const noexcept { return code == 0 && signal == 0; }
    // False if it has ended and its status has gone elsewhere: to another part of the program,
    // which waits for any child or ignores SIGCHLD, or to the fork server, which ended first.
    [[nodiscard]] bool known() const noexcept { return code >= 0; }
    friend bool operator==(const exit_status&, const exit_status&) = default;
};

}}}  // namespace bobbin::v0::ipc
