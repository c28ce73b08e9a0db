// What a pool without jobs costs.
#include "workers.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
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
    // The subject is time. The first round may have the end of the workers' start in it.
    auto idle = std::chrono::nanoseconds::max();
    for (int round = 0; round < 3 && idle >= 1ms; ++round) {
        auto before = taken();
        const auto cost_of_looking = taken() - before;
        before = taken();
        std::this_thread::sleep_for(1s);
        idle = std::min(idle, taken() - before - cost_of_looking);
    }
    MESSAGE("8 idle workers, their server and application took " << idle.count() / 1000
                                                                 << " us in 1 s");
    CHECK(idle < 5ms);
}
