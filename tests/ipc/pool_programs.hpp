// tests/ipc/pool_program.cpp, run by a test that sees all of its processes end.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace test {

// Returns whether this process has no descendants any more, within that time. Orphans among them
// become children of ours, so it is made before them; no other child may be there.
class descendants {
public:
    descendants() { REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0); }
    descendants(const descendants&) = delete;
    descendants& operator=(const descendants&) = delete;
    ~descendants() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }

    [[nodiscard]] static bool all_end_within(std::chrono::milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        for (;;) {
            const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
            if (ended < 0) return errno == ECHILD;
            if (ended == 0 && std::chrono::steady_clock::now() > end) return false;
            if (ended == 0) ::sched_yield();
        }
    }
};

// A program whose standard output is read here.
class running_program {
public:
    explicit running_program(const std::vector<std::string>& command, int input = -1) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
        if (input >= 0) ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
        std::vector<std::string> words = command;
        std::vector<char*> arguments;
        for (auto& each : words) arguments.push_back(each.data());
        arguments.push_back(nullptr);
        const int error =
            ::posix_spawnp(&pid_, arguments[0], &files, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&files);
        ::close(ends[1]);
        output_ = ends[0];
        REQUIRE(error == 0);
    }
    running_program(const running_program&) = delete;
    running_program& operator=(const running_program&) = delete;
    ~running_program() { ::close(output_); }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void kill() const {
        REQUIRE(pid_ > 1);
        ::kill(pid_, SIGKILL);
    }
    // A line, or all if there are fewer; nothing after a minute.
    [[nodiscard]] std::string read_line() const {
        std::string line;
        constexpr int patience_ms = 60'000;
        pollfd one{.fd = output_, .events = POLLIN, .revents = 0};
        char each = 0;
        while (::poll(&one, 1, patience_ms) == 1 && ::read(output_, &each, 1) == 1 && each != '\n')
            line += each;
        return line;
    }
    // Its exit code, or minus the signal that it died of.
    [[nodiscard]] int join() const {
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    pid_t pid_ = -1;
    int output_ = -1;
};

}  // namespace test
