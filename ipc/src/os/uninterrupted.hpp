// System calls that a signal may interrupt, until they have done what they were called for. A
// user's handlers need not have SA_RESTART, and poll() and the like are not restarted anyway.
#pragma once

#include "os/system_time.hpp"

#include <bobbin/runtime/deadline.hpp>

#include <cerrno>
#include <poll.h>
#include <span>
#include <sys/types.h>
#include <sys/wait.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The first result of `call` that is not an interruption. Not for close(), which has closed even
// so; nor for calls with a time of their own, which would begin again.
template <class Call>
auto uninterrupted(Call call) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

// What poll() looks for; a hang-up is seen without.
inline pollfd watched(int descriptor, short events = POLLIN) noexcept {
    return {.fd = descriptor, .events = events, .revents = 0};
}

// How many of them are ready: 0 at the deadline, -1 if the system has no memory for it.
inline int poll_until(std::span<pollfd> of, deadline until) noexcept {
    for (;;) {
        const int count = ::poll(of.data(), of.size(), milliseconds_until(until));
        if (count > 0 || (count < 0 && errno != EINTR)) return count;
        if (until.has_passed()) return 0;
    }
}
inline int poll_until(int descriptor, short events, deadline until) noexcept {
    pollfd one = watched(descriptor, events);
    return poll_until(std::span(&one, 1), until);
}

// Waits for a child's end, whatever that is.
inline void await_end_of(pid_t child) noexcept {
    uninterrupted([&] { return ::waitpid(child, nullptr, 0); });
}

}}}  // namespace bobbin::v0::ipc::detail
