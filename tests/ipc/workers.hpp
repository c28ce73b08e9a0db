// Worker processes, as tests see them from outside and as their jobs see them from inside.
#pragma once

#include "await.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/job.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace test {

namespace ipc = bobbin::ipc;

// A sanitizer ends the process where a system would say that something is not to be had.
#if defined(__has_feature)
inline constexpr bool is_sanitized =
    __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer);
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

inline ipc::process_pool_options workers_by(ipc::start_method how, unsigned count) {
    ipc::process_pool_options options(count);
    options.start_method = how;
    return options;
}

inline int own_pid() {
    return ::getpid();
}
inline int parent_pid() {
    return ::getppid();
}
inline int doubled(int i) {
    return 2 * i;
}
inline constexpr bobbin::fn<&own_pid> pid_there;
inline constexpr bobbin::fn<&parent_pid> server_of_worker;
inline constexpr bobbin::fn<&doubled> twice;

// How a job ended whose worker died.
template <class R>
ipc::worker_died death_of(const bobbin::job<R>& job) {
    try {
        job.get();
    } catch (const ipc::worker_died& death) {
        return death;
    }
    throw std::logic_error("its worker has not died");
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

inline void kill_now(pid_t process) {
    REQUIRE(process > 1);
    ::kill(process, SIGKILL);
}

}  // namespace test
