// A signal every millisecond, as a profiler or a user's timer sends it, to a handler that does not
// have interrupted system calls restarted. They reach any thread that doesn't block them, mostly
// the first one; children don't get them.
#pragma once

#include <atomic>
#include <csignal>
#include <sys/time.h>

namespace tests {

class timer_signals {
public:
    timer_signals() {
        struct sigaction action {};
        action.sa_handler = [](int) { seen.fetch_add(1, std::memory_order_relaxed); };
        ::sigaction(SIGALRM, &action, nullptr);
        set({.tv_sec = 0, .tv_usec = 1000});
    }
    timer_signals(const timer_signals&) = delete;
    timer_signals& operator=(const timer_signals&) = delete;
    ~timer_signals() { set({}); }

    // How many have come.
    static long count() noexcept { return seen.load(std::memory_order_relaxed); }

private:
    static void set(timeval interval) noexcept {
        const itimerval timer{.it_interval = interval, .it_value = interval};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }

    static_assert(std::atomic<long>::is_always_lock_free, "a handler may use it");
    static inline std::atomic<long> seen{0};
};

}  // namespace tests
