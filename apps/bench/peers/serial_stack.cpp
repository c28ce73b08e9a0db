// Plain function calls where the stack suite has awaits.
#include "../harness/stack_gauge.hpp"
#include "peers.hpp"

#include <optional>
#include <thread>

namespace bench::peers {
namespace {

// Keeps the compiler from turning the calls into arithmetic.
void opaque() {
    asm volatile("" ::: "memory");
}

[[gnu::noinline]] std::uint64_t one() {
    opaque();
    return 1;
}

std::uint64_t loop(std::uint64_t count) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        sum += one();
    }
    return sum;
}

[[gnu::noinline]] std::uint64_t recursion(std::uint64_t count) {
    if (count == 0) {
        return 0;
    }
    const std::uint64_t below = recursion(count - 1);
    opaque();
    return below + 1;
}

// On a thread of its own, whose stack is of a known size: the main one's may be unlimited.
run_result run(std::uint64_t (*work)(std::uint64_t), std::uint64_t count, bool with_gauge) {
    run_result result;
    std::thread([&] {
        std::optional<stack_gauge> gauge;
        if (with_gauge) {
            gauge.emplace();
        }
        result = timed([&] { return work(count); });
        if (gauge) {
            result.stack_bytes = gauge->used();
        }
    }).join();
    return result;
}

}  // namespace

run_result serial_loop(std::uint64_t count, bool with_gauge) {
    return run(loop, count, with_gauge);
}

run_result serial_recursion(std::uint64_t count, bool with_gauge) {
    return run(recursion, count, with_gauge);
}

}  // namespace bench::peers
