// The pools that workloads are tried on: in line, and of one, two and more threads than there are
// cores.
#pragma once

#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <doctest/doctest.h>

namespace tests {

// Calls `test(pool)` for each of them.
template <class F>
void on_every_pool(F test) {
    {
        INFO("sequential");
        bobbin::sequential_pool pool;
        test(pool);
    }
    for (const unsigned threads : {1U, 2U, 7U}) {
        INFO("threads: " << threads);
        bobbin::thread_pool pool({.threads = threads, .name = "test"});
        test(pool);
    }
}

}  // namespace tests
