// Waiting for what a test needs other processes to have done. Each is false if it takes longer than
// a test may.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/syscall.h>
#include <sys/types.h>

namespace test {

template <class Predicate>
[[nodiscard]] bool await(Predicate is_so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::sched_yield();
    }
    return true;
}

// Until it is reaped: its number means nobody then.
[[nodiscard]] inline bool await_end(pid_t process) {
    REQUIRE(process > 1);
    return await([&] { return ::kill(process, 0) != 0 && errno == ESRCH; });
}

// What a process is doing: the number of the system call in which it sleeps, or "running".
inline std::string system_call_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/syscall");
    std::string call;
    file >> call;
    return call;
}

// Until it sleeps for a lock or a word of memory.
[[nodiscard]] inline bool await_sleep(pid_t process) {
    return await([&] { return system_call_of(process) == std::to_string(SYS_futex); });
}

// As in /proc: R runs, S sleeps, T is stopped.
[[nodiscard]] inline bool await_state(pid_t process, char state) {
    return await([&] {
        std::string text;
        std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), text);
        return text.at(text.rfind(')') + 2) == state;
    });
}

}  // namespace test
