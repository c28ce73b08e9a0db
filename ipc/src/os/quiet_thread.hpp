#pragma once

#include <bobbin/runtime/detail/os/held_signals.hpp>

#include <functional>
#include <pthread.h>
#include <thread>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// A thread of this library's own: detached, named, and with all signals left to the program's.
inline void start_quiet_thread(const char* name, std::function<void()> run) {
    const bobbin::detail::held_signals held;
    std::thread([name, run = std::move(run)] {
        ::pthread_setname_np(::pthread_self(), name);
        run();
    }).detach();
}

}}}  // namespace bobbin::v0::ipc::detail
