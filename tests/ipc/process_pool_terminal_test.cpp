// Goal: in a terminal, Ctrl-C ends a program and its workers, and gives the shell its prompt back.
#include "pool_programs.hpp"

#include <pty.h>

using namespace test;
using namespace std::chrono_literals;

namespace {

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

}  // namespace

TEST_CASE("Ctrl-C ends a program with its workers, and the shell shows 130") {
    const descendants all;
    for (const char* const shell : {"sh", "bash"})
        for (const std::string method : {"fork_server", "spawn", "fork"})
            for (const std::string deed : {"idle", "busy", "flood"}) {
                CAPTURE(shell);
                CAPTURE(method);
                CAPTURE(deed);
                {
                    terminal screen(shell);
                    REQUIRE(screen.await("prompt> "));
                    screen.type(POOL_PROGRAM " " + method + " 2 " + deed + "\n");
                    REQUIRE(screen.await("\nready\r\n"));
                    screen.type("\x03");
                    REQUIRE(screen.await("prompt> "));
                    screen.type("echo shown=$?\n");
                    CHECK(screen.await("\nshown=130\r\n"));
                    screen.type("exit\n");
                }
                CHECK(all.all_end_within(10s));
            }
}

TEST_CASE("workers in a terminal don't take its input from the program or the shell") {
    const descendants all;
    for (const std::string method : {"fork_server", "spawn", "fork"}) {
        {
            terminal screen("sh");
            REQUIRE(screen.await("prompt> "));
            screen.type(POOL_PROGRAM " " + method + " 2 sum\n");
            REQUIRE(screen.await("\n999000\r\n"));
            REQUIRE(screen.await("prompt> "));
            screen.type("exit\n");
        }
        CHECK(all.all_end_within(10s));
    }
}
