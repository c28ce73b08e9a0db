// Goal: when an application ends, however and whenever it does, its fork server and its workers are
// gone within a second; and so is the memory that they shared, which has no name and lives as long
// as they do. BOBBIN_ROUNDS is how often it is killed.
#include "pool_programs.hpp"

#include <fcntl.h>
#include <random>
#include <thread>

using namespace test;
using namespace std::chrono_literals;

namespace {

const std::array<std::string, 3> methods{"fork_server", "spawn", "fork"};

std::vector<std::string> program(const std::string& method, const std::string& deed) {
    return {POOL_PROGRAM, method, "3", deed};
}

std::size_t rounds() {
    const char* const text = std::getenv("BOBBIN_ROUNDS");
    return text == nullptr ? 18 : std::stoul(text);
}

}  // namespace

TEST_CASE("a second after an application was killed, nothing of it is left") {
    const descendants all;
    const std::array<std::string, 3> deeds{"idle", "busy", "flood"};
    for (std::size_t i = 0; i < rounds(); ++i) {
        const std::string& method = methods[i % methods.size()];
        const std::string& deed = deeds[i / methods.size() % deeds.size()];
        CAPTURE(method);
        CAPTURE(deed);
        const running_program application(program(method, deed));
        CHECK(application.read_line() == "ready");
        application.kill();
        CHECK(all.all_end_within(1s));
    }
}

TEST_CASE("the same if it is killed while its workers start") {
    const descendants all;
    std::mt19937 random(1);
    for (std::size_t i = 0; i < rounds(); ++i) {
        const std::string& method = methods[i % methods.size()];
        const std::chrono::microseconds moment(std::uniform_int_distribution(0, 15'000)(random));
        CAPTURE(method);
        CAPTURE(moment.count());
        const running_program application(program(method, "busy"));
        std::this_thread::sleep_for(moment);  // not for anything: at any moment
        application.kill();
        CHECK(all.all_end_within(1s));
    }
}

TEST_CASE("an application that ends by itself has nothing left either") {
    const descendants all;
    for (const std::string& method : methods) {
        const running_program application(program(method, "sum"));
        CHECK(application.read_line() == "999000");
        CHECK(application.join() == 0);
        CHECK(all.all_end_within(1s));
    }
}

TEST_CASE("a signal by which an application may be ended ends its workers too") {
    const descendants all;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGSEGV}) {
        const running_program application(program("fork_server", "busy"));
        CHECK(application.read_line() == "ready");
        REQUIRE(application.pid() > 1);
        ::kill(application.pid(), signal);
        CHECK(application.join() == -signal);
        CHECK(all.all_end_within(1s));
    }
}
