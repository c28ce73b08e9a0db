// See heavy_barrier.hpp.
#include "os/heavy_barrier.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

enum class answer : std::uint8_t { unknown, no, yes };
// No static variable of a function: its lock would be held in a child that is forked meanwhile, and
// the kernel takes its time. Relaxed: it is the kernel's answer, whoever asked; several may.
constinit std::atomic<answer> registered{answer::unknown};

}  // namespace

bool heavy_barrier_available() noexcept {
    answer known = registered.load(std::memory_order_relaxed);
    if (known == answer::unknown) [[unlikely]] {
        known = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0
                    ? answer::yes
                    : answer::no;
        registered.store(known, std::memory_order_relaxed);
    }
    return known == answer::yes;
}

void heavy_barrier() noexcept {
    if (!heavy_barrier_available()) return;
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
    // As after a filter that was put on the process later. Without the barrier a wake-up may be
    // lost, which would show as a program that hangs now and then.
    std::perror("bobbin: membarrier, which the kernel had granted, fails");
    std::abort();
}

}}}  // namespace bobbin::v0::detail
