#pragma once

#include <csignal>
#include <initializer_list>
#include <pthread.h>

namespace bobbin { inline namespace v0 { namespace detail {

// While it lives, no signal reaches this thread, nor those that it starts, but those of a thread's
// own faults: nobody else can handle them, and blocked they kill past the handler. The others go to
// other threads of the process, or come when this ends.
class held_signals {
public:
    held_signals() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
            ::sigdelset(&all, own);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    held_signals(const held_signals&) = delete;
    held_signals& operator=(const held_signals&) = delete;
    ~held_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

}}}  // namespace bobbin::v0::detail
