#pragma once

#include <csignal>
#include <functional>
#include <pthread.h>
#include <thread>

namespace bobbin::inline v0::ipc::detail {

// A thread of this library's own: detached, named, and with all signals left to the program's.
inline void start_quiet_thread(const char* name, std::function<void()> run) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread([name, run = std::move(run)] {
            ::pthread_setname_np(::pthread_self(), name);
            run();
        }).detach();
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace bobbin::inline v0::ipc::detail
