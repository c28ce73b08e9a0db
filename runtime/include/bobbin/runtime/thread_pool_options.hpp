// What a thread_pool is made with, and the figures that it tells of itself.
#pragma once

#include <bobbin/runtime/available_parallelism.hpp>
#include <bobbin/runtime/cpu_set.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>

namespace bobbin { inline namespace v0 {

namespace detail {
template <class F>
concept thread_call = std::invocable<const F&, unsigned> || std::invocable<const F&>;
}

// What a pool calls on each of its threads: any callable that takes the thread's number in the pool
// (0, 1, …) or nothing, may be called on several threads at once, and is copied as bytes, of which
// it has 32 at most. So a lambda captures references, pointers and numbers; what they refer to must
// outlive the pool.
class thread_hook {
public:
    thread_hook() = default;
    template <detail::thread_call F>
    thread_hook(F call) {  // NOLINT(google-explicit-constructor): for designated initialisers
        static_assert(std::is_trivially_copyable_v<F> && std::is_trivially_destructible_v<F>,
                      "a thread's hook is copied as bytes: capture a reference or a pointer");
        static_assert(sizeof(F) <= capacity && alignof(F) <= alignof(std::max_align_t),
                      "a thread's hook captures 32 bytes at most: capture one reference to them");
        ::new (static_cast<void*>(bytes_.data())) F(call);
        call_ = [](const void* bytes, unsigned index) {
            const F& f = *static_cast<const F*>(bytes);
            if constexpr (std::invocable<const F&, unsigned>)
                f(index);
            else
                f();
        };
    }

    explicit operator bool() const noexcept { return call_ != nullptr; }
    void operator()(unsigned index) const { call_(bytes_.data(), index); }

private:
    static constexpr std::size_t capacity = 32;

    alignas(std::max_align_t) std::array<std::byte, capacity> bytes_{};
    void (*call_)(const void* bytes, unsigned index) = nullptr;
};

struct thread_pool_options {
    // Left out: as many as there are `cpus`, or, without these, available_parallelism().
    std::optional<unsigned> threads = std::nullopt;
    // Threads are called name/0, name/1, …, by the first 11 bytes of it.
    std::string_view name = "bobbin";
    // Each thread runs on one of these alone: the first thread on the first, and so on, and round
    // again if there are more threads. `{.cpus = bobbin::available_cpus()}` is a thread for each
    // processor, `available_cores()` one for each core. Left out, or empty: wherever the system
    // puts them, within the affinity mask of the thread that makes the pool. They must be in that
    // mask or in that of the process's main thread. A pool or thread that is made on a bound thread
    // is bound to the same one.
    cpu_set cpus = {};
    // Called on each thread before its first work, when it has its name and its processor, and
    // after its last; the pool's constructor and its end wait for that. They are no tasks: they may
    // block, take their time, and have thread-locals, but may not use the pool. Signals are blocked
    // as in tasks. What on_thread_start throws the constructor throws (of several, the first), when
    // the threads have ended: those that had started well with their on_thread_stop, the others
    // without. What on_thread_stop throws goes to the error handler (see `set_error_handler`).
    thread_hook on_thread_start = {};
    thread_hook on_thread_stop = {};
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
