// A shared library of a user's: linked with a program of somebody else's, or loaded by it.
#include "jobs.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>

extern "C" int run();

// Prints the sum for each start method. BOBBIN_TEST_REMOVED is a file that is removed before the
// last.
int run() {
    using bobbin::ipc::start_method;
    const char* const removed = std::getenv("BOBBIN_TEST_REMOVED");
    try {
        for (const auto how :
             {start_method::fork, start_method::fork_server, start_method::spawn}) {
            if (how == start_method::spawn && removed != nullptr) std::remove(removed);
            std::printf("%d ", sum_of_doubles(how));
        }
        const char* const preloaded = std::getenv("LD_PRELOAD");
        std::puts(preloaded != nullptr ? preloaded : "");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
