// A pool without threads.
#pragma once

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/pool_interface.hpp>

#include <atomic>

namespace bobbin { inline namespace v0 {

// Runs every job in line, on the thread that asks for it: the reference of what a pool means, to
// compare results with and to debug on. It takes what every pool takes: callables that can cross to
// another process.
//
// `submit` returns when the job has ended, and so nothing is ever running beside its caller, and
// nothing pending to be cancelled. (A job that is a coroutine may suspend; then `submit` returns,
// and it goes on where it is resumed.) Streams compute up to a window ahead in `next()`. There are
// no timers: `timeout` is compared with the time that the job has taken, afterwards.
//
// Threads. All members may be called from any thread; each call works on its own thread.
class sequential_pool : public pool_interface<sequential_pool> {
public:
    static constexpr bool takes_captures = false;

    sequential_pool() = default;
    sequential_pool(const sequential_pool&) = delete;
    sequential_pool& operator=(const sequential_pool&) = delete;
    ~sequential_pool() = default;

    unsigned size() const noexcept { return 1; }
    void close() noexcept { closed_.store(true, std::memory_order_relaxed); }
    void stop() noexcept {
        close();
        root_.stop.request_stop();
    }

private:
    friend pool_interface<sequential_pool>;
    detail::join_scope& root() noexcept { return root_; }
    void check_open() const {
        if (closed_.load(std::memory_order_relaxed))
            throw pool_closed("bobbin: the sequential_pool was closed and takes no more work");
    }

    std::atomic<bool> closed_{false};
    detail::join_scope root_{detail::join_kind::custom};
};

}}  // namespace bobbin::v0
