// The worker's end of its socket: segments that were sent for arguments, and requests to stop.
#pragma once

#include <bobbin/ipc/segment.hpp>
#include <bobbin/runtime/detail/job_core.hpp>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

namespace bobbin::inline v0::ipc::detail {

// Read by the worker's only thread when it needs something from it; from the first coroutine on by
// a thread of its own, which may then be told to stop it.
class stop_listener {
public:
    explicit stop_listener(int socket) noexcept : socket_(socket) {}

    // Blocks until it has come. Each is given once.
    segment await_segment(std::uint64_t number);
    // Between the two the coroutine is asked to stop when somebody wants that.
    void begin(std::uint64_t number, bobbin::detail::job_core& coroutine);
    void end() noexcept;

private:
    void read_packet();

    const int socket_;
    std::mutex mutex_;
    std::condition_variable came_;
    bool has_thread_ = false;
    std::map<std::uint64_t, segment> segments_;
    std::uint64_t running_ = 0;
    std::uint64_t to_stop_ = ~std::uint64_t{0};
    bobbin::detail::job_core* coroutine_ = nullptr;
};

}  // namespace bobbin::inline v0::ipc::detail
