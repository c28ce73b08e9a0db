#pragma once

#include <csignal>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// For a child: the parent's handlers would do there what they do for the parent. Ignored signals
// may stay so. None is blocked afterwards.
inline void take_default_signals(bool also_ignored) noexcept {
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0) continue;
        if (action.sa_handler == SIG_DFL) continue;
        if (!also_ignored && action.sa_handler == SIG_IGN) continue;
        action = {};
        action.sa_handler = SIG_DFL;
        ::sigaction(signal, &action, nullptr);  // fails for SIGKILL and SIGSTOP, which have theirs
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);  // fails for nonsense only
}

}}}  // namespace bobbin::v0::ipc::detail
