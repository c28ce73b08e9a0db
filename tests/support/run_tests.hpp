#pragma once

#include "timer_signals.hpp"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <optional>

namespace tests {

// The program's result. With BOBBIN_TEST_SIGNALS in the environment all tests run under a timer's
// signals.
inline int run_tests(int argc, char** argv) {
    doctest::Context context(argc, argv);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes it
    const bool interrupted = std::getenv("BOBBIN_TEST_SIGNALS") != nullptr;
    std::optional<timer_signals> signals;
    if (interrupted) signals.emplace();
    const int result = context.run();
    if (interrupted && timer_signals::count() == 0 && !context.shouldExit()) {
        std::fputs("no signal has come: nothing was shown\n", stderr);
        return EXIT_FAILURE;
    }
    return result;
}

}  // namespace tests
