// A program whose main does not call init, as most tests don't.
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>

#include <doctest/doctest.h>
#include <stdexcept>

TEST_CASE("without init there is no pool of processes and no process, and nothing is executed") {
    constexpr const char* says =
        "bobbin: child processes need bobbin::ipc::init(argc, argv) as the first line of main";
    CHECK_THROWS_WITH_AS(bobbin::ipc::process_pool(1), says, std::logic_error);
    CHECK_THROWS_WITH_AS(bobbin::ipc::process([] {}), says, std::logic_error);
}
