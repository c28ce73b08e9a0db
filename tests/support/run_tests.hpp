#pragma once

#include "timer_signals.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <optional>
#include <unistd.h>

namespace tests {

// The program's result. With BOBBIN_TEST_SIGNALS in the environment all tests run under a timer's
// signals, of which one has come before the first begins.
inline int run_tests(int argc, char** argv) {
    doctest::Context context(argc, argv);
    std::optional<timer_signals> signals;
    if (std::getenv("BOBBIN_TEST_SIGNALS") != nullptr) {
        signals.emplace();
        while (timer_signals::count() == 0) ::pause();  // as the next one ends it, none is missed
    }
    return context.run();
}

}  // namespace tests
