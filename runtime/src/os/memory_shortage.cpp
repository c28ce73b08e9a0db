// See memory_shortage.hpp.
#include <bobbin/runtime/detail/os/memory_shortage.hpp>

#include <chrono>
#include <thread>

namespace bobbin { inline namespace v0 { namespace detail {

void await_memory() noexcept {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}}}  // namespace bobbin::v0::detail
