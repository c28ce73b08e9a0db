#pragma once

#include "memory/segment_exchange.hpp"
#include "os/owned_descriptor.hpp"
#include "process/last_words.hpp"

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/detail/encoding/payload.hpp>
#include <bobbin/ipc/segment.hpp>

#include <cstdint>
#include <optional>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Our end of a worker's socket.
class supervisor_socket final : public segment_source {
public:
    supervisor_socket(owned_descriptor socket, segment ring_memory) noexcept;

    // False: not now. Under the lock.
    bool send_segments(const payload& of);
    // To the coroutine that it runs. False: to be tried again, by `send_owed_stop`.
    bool send_stop(std::uint64_t job) noexcept;
    bool send_owed_stop() noexcept;
    // Of one that has ended without having become a worker.
    std::optional<last_words> read_last_words() {
        return ipc::detail::read_last_words(socket_.get());
    }
    // What comes with a result was sent before it, so it is there. By who reads results.
    segment find(std::uint64_t id) override;

private:
    const owned_descriptor socket_;
    std::optional<std::uint64_t> owed_stop_;  // of one job, as it runs one at a time
    const segment ring_memory_;               // stays as long as this counts there
    sent_segments sent_;
    received_segments received_;
};

}}}  // namespace bobbin::v0::ipc::detail
