// An application in a process of its own, which a test may spoil: with limits, or by what it loses.
#pragma once

#include "../runtime/child_process.hpp"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

namespace test {

// Runs a function that returns 0 if all is as it should; -1: it did not end, or was killed; -2: it
// threw.
template <class F>
int run_application(F application) {
    const auto end = in_child([&] {
        try {
            return application();
        } catch (const std::exception& error) {
            std::fputs(error.what(), stderr);
            return -2;
        }
    });
    if (end.exit_code != 0) MESSAGE(end.err);
    return end.exit_code;
}

// The soft one of a process, 0: of this one; its children will have it, too.
inline void limit(pid_t process, __rlimit_resource what, rlim_t most) {
    rlimit both{};
    if (::prlimit(process, what, nullptr, &both) != 0) std::abort();
    both.rlim_cur = most;
    if (::prlimit(process, what, &both, nullptr) != 0) std::abort();
}

inline std::size_t descriptors(pid_t of = ::getpid()) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(of) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace test
