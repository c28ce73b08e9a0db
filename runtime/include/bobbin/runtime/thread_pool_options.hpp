// What a thread_pool is made with, and the figures that it tells of itself.
#pragma once

#include <bobbin/runtime/available_parallelism.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace bobbin { inline namespace v0 {

struct thread_pool_options {
    unsigned threads = available_parallelism();
    // Threads are called name/0, name/1, …, by the first 11 bytes of it.
    std::string_view name = "bobbin";
};
static_assert(std::is_trivially_destructible_v<thread_pool_options>,
              "or designated initialisers in a co_await break on g++ 12");

// Since the pool was made. Read while it works, the figures are a little old and don't add up
// exactly.
struct thread_pool_stats {
    std::uint64_t resumed = 0;   // steps of the loops; a task taken over directly is not counted
    std::uint64_t injected = 0;  // tasks sent from outside
    std::uint64_t stolen = 0;    // tasks taken from another thread
    std::uint64_t parked = 0;    // times that a thread ran dry and went to sleep in Asio
    std::uint64_t woken = 0;     // times that one was woken for work
    std::uint64_t yielded = 0;   // times that a busy thread let Asio have its turn
};

}}  // namespace bobbin::v0
