// Places for the contract suite (tests/runtime/pool_contract.hpp) that are processes.
#pragma once

#include <bobbin/ipc/process_pool.hpp>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace test {

// Pools of as many workers as the environment says, started as it says.
struct processes {
    static constexpr bool concurrent = true;
    static constexpr bool late_jobs_end = false;  // with their worker
    static constexpr bool has_priority = true;
    static bool prompt_timeouts() { return true; }
    static bobbin::ipc::process_pool make() {
        bobbin::ipc::process_pool_options options(
            static_cast<unsigned>(std::stoul(given("BOBBIN_TEST_WORKERS", "2"))));
        options.start_method = method(given("BOBBIN_TEST_START_METHOD", "fork_server"));
        options.grace = std::chrono::hours(1);  // for jobs that would end, on a busy machine
        return bobbin::ipc::process_pool(options);
    }

private:
    static std::string given(const char* name, const char* otherwise) {
        const char* const text = std::getenv(name);
        return text != nullptr ? text : otherwise;
    }
    static bobbin::ipc::start_method method(const std::string& name) {
        if (name == "fork_server") return bobbin::ipc::start_method::fork_server;
        if (name == "spawn") return bobbin::ipc::start_method::spawn;
        if (name == "fork") return bobbin::ipc::start_method::fork;
        throw std::invalid_argument("BOBBIN_TEST_START_METHOD is fork_server, spawn or fork");
    }
};

}  // namespace test
