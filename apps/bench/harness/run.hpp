// One run of one runtime on one work, and the helper with which every peer times it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bench {

// What a run brings back. `value` is the work's result: the harness compares it with the serial
// answer, so that a runtime which skips work cannot win.
struct run_result {
    double seconds = 0;
    std::uint64_t value = 0;
    std::size_t stack_bytes = 0;  // peak stack below the work's root; 0 where it was not measured
    std::size_t resident_bytes = 0;  // what the run added to resident memory; 0: not measured
};

// Times `work()`, which returns the work's result. What a peer builds before the call (its pool)
// is outside the time.
template <class Work>
run_result timed(Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    const auto value = static_cast<std::uint64_t>(std::forward<Work>(work)());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return {.seconds = elapsed.count(), .value = value};
}

}  // namespace bench
