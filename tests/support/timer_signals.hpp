// A signal every millisecond, as a profiler or a user's timer sends it, to a handler that does not
// have interrupted system calls restarted. They reach any thread that doesn't block them, mostly
// the first one; children don't get them.
#pragma once

#include <csignal>
#include <sys/time.h>

namespace tests {

class timer_signals {
public:
    timer_signals() {
        struct sigaction action {};
        action.sa_handler = [](int) { seen = seen + 1; };
        ::sigaction(SIGALRM, &action, nullptr);
        set({.tv_sec = 0, .tv_usec = 1000});
    }
    timer_signals(const timer_signals&) = delete;
    timer_signals& operator=(const timer_signals&) = delete;
    ~timer_signals() { set({}); }

    // How many have come; not exact if several threads get them.
    static long count() noexcept { return seen; }

private:
    static void set(timeval interval) noexcept {
        const itimerval timer{.it_interval = interval, .it_value = interval};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }

    static inline volatile std::sig_atomic_t seen = 0;
};

}  // namespace tests
