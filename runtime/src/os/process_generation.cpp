// See process_generation.hpp.
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/errors.hpp>

#include <pthread.h>
#include <string>

namespace bobbin { inline namespace v0 { namespace detail {

constinit std::atomic<std::uint64_t> process_generation{1};

namespace {

// Relaxed: the child has one thread, and starts others later.
[[maybe_unused]] const int generation_at_fork = pthread_atfork(
    nullptr, nullptr, [] { process_generation.fetch_add(1, std::memory_order_relaxed); });

constinit std::atomic<left_to_parent*> last_left{nullptr};

}  // namespace

void left_to_parent::leave_to_parent() noexcept {
    // Nobody reads the list but a leak checker.
    next_left_ = last_left.load(std::memory_order_relaxed);
    while (!last_left.compare_exchange_weak(next_left_, this, std::memory_order_relaxed)) {
    }
}

void throw_left_to_parent(const char* what) {
    throw pool_closed(std::string("bobbin: ") + what +
                      " belongs to the process that forked this one, and is nothing but a copy "
                      "here; make a pool after fork()");
}

}}}  // namespace bobbin::v0::detail
