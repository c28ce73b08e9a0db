// The works themselves, without any runtime: plain recursion, what every peer's answer is compared
// with, and how many tasks a runtime makes of each.
#pragma once

#include <cstdint>

namespace bench::peers {

std::uint64_t serial_fib(int n);
// Calls that fib(n) makes, itself included.
constexpr std::uint64_t fib_calls(int n) {
    std::uint64_t calls = 1;
    std::uint64_t calls_before = 1;
    for (int i = 2; i <= n; ++i) {
        const std::uint64_t next = 1 + calls + calls_before;
        calls_before = calls;
        calls = next;
    }
    return calls;
}

constexpr std::uint64_t fib_value(int n) {
    return n < 1 ? 0 : (fib_calls(n - 1) + 1) / 2;
}

constexpr unsigned skynet_children = 10;

// The sum of the leaves' numbers of a tree of `depth` levels of ten children each, the leaves
// being numbered from `first` on.
std::uint64_t serial_skynet(std::uint64_t first, int depth);

constexpr std::uint64_t skynet_leaves(int depth) {
    return depth == 0 ? 1 : skynet_children * skynet_leaves(depth - 1);
}
constexpr std::uint64_t skynet_value(int depth) {
    return skynet_leaves(depth) * (skynet_leaves(depth) - 1) / 2;
}
// Nodes of the tree, leaves included.
constexpr std::uint64_t skynet_tasks(int depth) {
    return depth == 0 ? 1 : 1 + skynet_children * skynet_tasks(depth - 1);
}

static_assert(fib_calls(5) == 15 && fib_value(5) == 5);
static_assert(skynet_tasks(2) == 111 && skynet_value(1) == 45);

}  // namespace bench::peers
