#include <bobbin/ipc/detail/process_generation.hpp>

#include <pthread.h>
#include <system_error>

namespace bobbin::inline v0::ipc::detail {

constinit std::atomic<std::uint64_t> process_generation{1};

namespace {

void begin_child() {
    // Relaxed: the child has one thread, and starts others later.
    process_generation.store(process_generation.load(std::memory_order_relaxed) + 1,
                             std::memory_order_relaxed);
}

}  // namespace

void watch_for_fork() {
    static const int error = ::pthread_atfork(nullptr, nullptr, &begin_child);
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_atfork");
}

}  // namespace bobbin::inline v0::ipc::detail
