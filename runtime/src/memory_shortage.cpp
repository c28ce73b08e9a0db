#include <bobbin/runtime/detail/memory_shortage.hpp>

#include <chrono>
#include <thread>

namespace bobbin::inline v0::detail {

void await_memory() noexcept {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace bobbin::inline v0::detail
