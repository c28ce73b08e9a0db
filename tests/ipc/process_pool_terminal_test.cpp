// Goal: in a terminal, Ctrl-C ends a program and its workers, and gives the shell its prompt back.
#include "pool_programs.hpp"
#include "terminal.hpp"

using namespace test;
using namespace std::chrono_literals;

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
