// Places for the contract suite (tests/runtime/pool_contract.hpp) that are processes.
#pragma once

#include <bobbin/ipc/process_pool.hpp>

#include <cstdlib>
#include <string>

namespace test {

// As many as the environment says.
struct processes {
    static constexpr bool concurrent = true;
    static constexpr bool late_jobs_end = false;  // with their worker
    static constexpr bool has_priority = true;
    static bool prompt_timeouts() { return true; }
    static bobbin::ipc::process_pool make() { return bobbin::ipc::process_pool(count()); }

private:
    static unsigned count() {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes it
        const char* const given = std::getenv("BOBBIN_TEST_WORKERS");
        return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 2;
    }
};

}  // namespace test
