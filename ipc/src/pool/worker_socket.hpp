// The worker's end of its socket: the segments of arguments and results, and requests to stop.
#pragma once

#include "memory/segment_exchange.hpp"
#include "memory/worker_packet.hpp"
#include "pool/job_ring.hpp"

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/runtime/detail/jobs/job_core.hpp>

#include <cstdint>
#include <mutex>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Read by the worker's thread when it needs something from it; from the first coroutine on also by
// a thread of its own, which may then be told to stop it.
class worker_socket final : public segment_source {
public:
    worker_socket(int socket, lost_segments& lost) noexcept
        : socket_(socket),
          received_(segment::adopt_unsealed, lost.by_worker),  // of our application
          sent_(lost.by_application) {}

    // Ends the worker if a job has closed it.
    void end_if_closed() const noexcept;

    // One that was sent before this was asked for. Throws what mapping it does, std::system_error
    // if it could not be received.
    segment find(std::uint64_t id) override;
    // Reads what has come, or it would fill with that of jobs which are not done.
    void drain();
    // To the application, ahead of the result that it belongs to.
    void send(const segment& memory);
    // Between the two the coroutine is asked to stop when somebody wants that.
    void begin(std::uint64_t number, bobbin::detail::job_core& coroutine);
    void end() noexcept;

private:
    void read_packets();

    const int socket_;
    std::mutex mutex_;
    bool has_thread_ = false;
    received_segments received_;
    sent_segments sent_;  // of the worker's thread
    std::uint64_t running_ = 0;
    std::uint64_t to_stop_ = ~std::uint64_t{0};
    bobbin::detail::job_core* coroutine_ = nullptr;
};

// A job has closed the descriptors of its worker: nobody can be told of anything any more but by
// its end.
[[noreturn]] void end_without_descriptors() noexcept;

}}}  // namespace bobbin::v0::ipc::detail
