#pragma once

#include <atomic>
#include <cstdint>

namespace bobbin::inline v0::ipc::detail {

// Another one in a child made by fork() than in its parent, and never 0. Children inherit objects
// that mean "ours" by mistake: those who compare this notice. It is a number of this process's
// memory, and only fork() changes it, when the child has one thread.
extern std::atomic<std::uint64_t> process_generation;

// Has it changed by fork() from now on. Throws std::system_error.
void watch_for_fork();

}  // namespace bobbin::inline v0::ipc::detail
