// A worker's end of results: writes them into its job ring, and rings for who reads them when that
// is due (see result_signal.hpp).
#pragma once

#include "pool/ring_ends.hpp"
#include "pool/worker_socket.hpp"

#include <bobbin/ipc/detail/encoding/payload.hpp>
#include <bobbin/ipc/segment.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class result_writer {
public:
    result_writer(worker_end ring, worker_socket& socket, int doorbell,
                  int waiter_doorbell) noexcept
        : ring_(ring), socket_(socket), doorbell_(doorbell), waiter_doorbell_(waiter_doorbell) {}

    // What came of a job, in their order. Waits for room. Throws if there is no memory, or no
    // descriptor, for what goes in segments; then nothing was written.
    void write(std::uint64_t job, answer what, const payload& sent);
    // Segments of results that the application is done with can be used again.
    void free_those_read();

    // Before a job that was claimed, which may be long.
    void job_begins();
    // After a sleep for want of jobs.
    void has_slept() noexcept { began_ = clock::now(); }
    void ring_if_due(wake_up_moment at) {
        if (is_due(ring_.finished().asked(), at)) ring();
    }
    void ring() noexcept;

private:
    using clock = std::chrono::steady_clock;

    void await_room(std::size_t size);

    struct large_result {
        std::uint64_t end;  // of its header, among the bytes of results
        std::shared_ptr<const segment> memory;
    };

    worker_end ring_;
    worker_socket& socket_;
    const int doorbell_;
    const int waiter_doorbell_;
    std::uint64_t written_ = 0;
    std::deque<large_result> read_later_;
    clock::time_point began_;  // the work that unrung_ lacks
    std::chrono::nanoseconds unrung_{0};
    unsigned untimed_ = 0;
};

}}}  // namespace bobbin::v0::ipc::detail
