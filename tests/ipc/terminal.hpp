// What a user sees and types.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace test {

// An interactive shell in a terminal of its own.
class terminal {
public:
    explicit terminal(const char* shell) {
        shell_ = ::forkpty(&keyboard_, nullptr, nullptr, nullptr);
        REQUIRE(shell_ >= 0);
        if (shell_ == 0) {
            ::setenv("PS1", "prompt> ", 1);
            ::unsetenv("ENV");
            ::unsetenv("PROMPT_COMMAND");
            if (std::string(shell) == "bash")
                ::execlp(shell, shell, "--norc", "--noprofile", "--noediting", "-i", nullptr);
            ::execlp(shell, shell, "-i", nullptr);
            ::_exit(127);
        }
    }
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;
    ~terminal() { ::close(keyboard_); }

    void type(const std::string& text) const {
        CHECK(::write(keyboard_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    // Reads on until that has come; false after a minute.
    [[nodiscard]] bool await(const std::string& text) {
        constexpr int patience_ms = 60'000;
        pollfd one{.fd = keyboard_, .events = POLLIN, .revents = 0};
        for (;;) {
            const auto at = screen_.find(text);
            if (at != std::string::npos) {
                screen_.erase(0, at + text.size());
                return true;
            }
            char each = 0;
            if (::poll(&one, 1, patience_ms) != 1 || ::read(keyboard_, &each, 1) != 1) {
                MESSAGE("waited for '" << text << "', and there was: " << screen_);
                return false;
            }
            screen_ += each;
        }
    }

private:
    int keyboard_ = -1;
    pid_t shell_ = -1;
    std::string screen_;
};

}  // namespace test
