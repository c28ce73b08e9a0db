// What a pool without jobs costs.
#include "workers.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

// The time of the processor that a process has taken, with all its threads.
std::chrono::nanoseconds taken_by(const std::string& process) {
    std::chrono::nanoseconds::rep sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + process + "/task")) {
        std::chrono::nanoseconds::rep one = 0;
        std::ifstream(thread.path() / "schedstat") >> one;
        sum += one;
    }
    return std::chrono::nanoseconds(sum);
}

std::vector<std::string> with_children(const std::string& process) {
    std::vector<std::string> all{process};
    std::ifstream children("/proc/" + process + "/task/" + process + "/children");
    for (std::string child; children >> child;) all.push_back(child);
    return all;
}

}  // namespace

TEST_CASE("an idle pool of eight workers takes no time of the processor") {
    test::ipc::process_pool pool(8);
    const auto server = std::to_string(pool.submit(test::server_of_worker).get());
    REQUIRE(test::await([&] { return with_children(server).size() == 9; }));
    const auto others = with_children(server);
    const auto taken = [&] {
        auto sum = taken_by("self");
        for (const auto& each : others) sum += taken_by(each);
        return sum;
    };
    // Until the last of them sleeps.
    auto before = taken();
    while (std::this_thread::sleep_for(50ms), taken() - before > 1ms) before = taken();
    // What looking costs is not the pool's.
    before = taken();
    const auto cost_of_looking = taken() - before;
    const char* const seconds = std::getenv("BOBBIN_IDLE_SECONDS");
    std::this_thread::sleep_for(std::chrono::seconds(seconds == nullptr ? 1 : std::atoi(seconds)));
    const auto idle = taken() - before - 2 * cost_of_looking;
    std::cout << "idle: " << idle.count() / 1000 << " us\n";
    CHECK(idle < 5ms);
}
