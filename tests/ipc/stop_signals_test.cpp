// Goal: the first Ctrl-C or SIGTERM stops a program in order, the second ends it at once, with
// nothing left of it; shells show 130 and 143. Method: a program in a terminal, or alone, which
// prints how far it is.
#include "pool_programs.hpp"
#include "terminal.hpp"

#include <bobbin/runtime/stop_signals.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <runtime/child_process.hpp>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

using namespace test;
using namespace std::chrono_literals;

namespace {

const std::string ctrl_c = "\x03";
const std::vector<std::string> places{"threads", "fork_server", "spawn", "fork"};

running_program started(const std::string& where, const std::string& how) {
    return running_program({STOP_SIGNALS_PROGRAM, where, how});
}

}  // namespace

TEST_CASE("in a terminal, Ctrl-C lets a program clean up, and the shell shows 130") {
    const descendants all;
    for (const char* const shell : {"sh", "bash"})
        for (const std::string& where : places) {
            CAPTURE(shell);
            CAPTURE(where);
            {
                terminal screen(shell);
                REQUIRE(screen.await("prompt> "));
                screen.type(STOP_SIGNALS_PROGRAM " " + where + " orderly\n");
                REQUIRE(screen.await("\nready\r\n"));
                screen.type(ctrl_c);
                CHECK(screen.await("asked\r\n"));
                CHECK(screen.await("cleaned up\r\n"));
                CHECK(screen.await("destroyed\r\n"));
                REQUIRE(screen.await("prompt> "));
                screen.type("echo shown=$?\n");
                CHECK(screen.await("\nshown=130\r\n"));
                screen.type("exit\n");
            }
            CHECK(all.all_end_within(10s));
        }
}

TEST_CASE("in a terminal, the second Ctrl-C ends a program that does not stop, with its workers") {
    const descendants all;
    for (const char* const shell : {"sh", "bash"})
        for (const std::string& where : places) {
            CAPTURE(shell);
            CAPTURE(where);
            {
                terminal screen(shell);
                REQUIRE(screen.await("prompt> "));
                screen.type(STOP_SIGNALS_PROGRAM " " + where + " stubborn\n");
                REQUIRE(screen.await("\nready\r\n"));
                screen.type(ctrl_c);
                CHECK(screen.await("asked\r\n"));
                screen.type(ctrl_c);
                REQUIRE(screen.await("prompt> "));
                screen.type("echo shown=$?\n");
                CHECK(screen.await("\nshown=130\r\n"));
                screen.type("exit\n");
            }
            CHECK(all.all_end_within(10s));
        }
}

TEST_CASE("a script's loop ends with a program that was stopped by Ctrl-C") {
    terminal screen("bash");
    REQUIRE(screen.await("prompt> "));
    screen.type("for i in 1 2; do " STOP_SIGNALS_PROGRAM " threads orderly; done\n");
    REQUIRE(screen.await("\nready\r\n"));
    screen.type(ctrl_c);
    CHECK(screen.await("destroyed\r\n"));
    REQUIRE(screen.await("prompt> "));  // and not "ready", for which this would wait
    screen.type("exit\n");
}

TEST_CASE("a program that was asked to stop dies of the signal, after its clean-up") {
    const descendants all;
    for (const std::string& where : places)
        for (const int signal : {SIGINT, SIGTERM}) {
            CAPTURE(where);
            CAPTURE(signal);
            const auto program = started(where, "orderly");
            REQUIRE(program.read_line() == "ready");
            REQUIRE(::kill(program.pid(), signal) == 0);
            CHECK(program.read_line() == "asked");
            CHECK(program.read_line() == "cleaned up");
            CHECK(program.read_line() == "destroyed");
            CHECK(program.join() == -signal);
            CHECK(all.all_end_within(10s));
        }
}

TEST_CASE("the second signal is what a program dies of that did not stop") {
    const descendants all;
    for (const std::string& where : places) {
        const auto program = started(where, "stubborn");
        REQUIRE(program.read_line() == "ready");
        REQUIRE(::kill(program.pid(), SIGINT) == 0);
        CHECK(program.read_line() == "asked");
        REQUIRE(::kill(program.pid(), SIGTERM) == 0);
        CHECK(program.join() == -SIGTERM);
        CHECK(program.read_line().empty());
        CHECK(all.all_end_within(10s));
    }
}

TEST_CASE("a program that dismisses the signal has its own exit status") {
    const auto program = started("threads", "dismissed");
    REQUIRE(program.read_line() == "ready");
    REQUIRE(::kill(program.pid(), SIGTERM) == 0);
    CHECK(program.join() == 5);
}

TEST_CASE("the guide's server stops as the guide says") {
    const running_program program({GUIDE_STOPPING});
    REQUIRE(program.read_line() == "serving; Ctrl-C stops it");
    REQUIRE(::kill(program.pid(), SIGINT) == 0);
    CHECK(program.read_line() == "all clients are gone");
    const std::string last = program.read_line();
    CHECK((last == "goodbye" || last == "nobody came"));
    CHECK(program.join() == -SIGINT);
}

TEST_CASE("signals do what they did before when the object is gone, and there is one at a time") {
    struct sigaction before {};
    ::sigaction(SIGTERM, nullptr, &before);
    for (int round = 0; round < 2; ++round) {
        bobbin::stop_signals one;
        CHECK_THROWS_AS(bobbin::stop_signals(), std::logic_error);
        CHECK(one.received() == 0);
    }
    struct sigaction after {};
    ::sigaction(SIGTERM, nullptr, &after);
    CHECK((before.sa_handler == after.sa_handler));
    CHECK_THROWS_AS(bobbin::stop_signals({SIGTERM, SIGKILL}), std::system_error);
    ::sigaction(SIGTERM, nullptr, &after);
    CHECK((before.sa_handler == after.sa_handler));
}

TEST_CASE("a token that is asked for after the signal is asked to stop") {
    bobbin::stop_signals signals;
    ::raise(SIGTERM);
    std::promise<void> asked;
    const std::stop_callback stop(signals.token(), [&asked] { asked.set_value(); });
    CHECK(asked.get_future().wait_for(60s) == std::future_status::ready);
    signals.dismiss();
}

TEST_CASE("what was ignored stays ignored") {
    const auto before = ::signal(SIGINT, SIG_IGN);
    {
        bobbin::stop_signals signals;
        ::raise(SIGINT);
        CHECK(signals.received() == 0);
    }
    ::signal(SIGINT, before);
}

TEST_CASE("a forked child has the signals' default actions, and its own exit status") {
    bobbin::stop_signals signals;
    CHECK(in_child([] { return ::raise(SIGTERM); }).signal == SIGTERM);
    ::raise(SIGTERM);  // of no consequence but this:
    CHECK(signals.received() == SIGTERM);
    signals.dismiss();
}
