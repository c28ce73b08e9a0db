// The segments that went over a worker's socket, each once: its two ends, alike here and there.
#pragma once

#include "os/control_socket.hpp"

#include <bobbin/ipc/segment.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// What the other side has been sent and still has. A segment that is gone here is told to be
// forgotten there when the next is sent.
class sent_segments {
public:
    // `lost_there`: how many segments the other side has lost so far.
    explicit sent_segments(const std::atomic<std::uint32_t>& lost_there) noexcept
        : lost_there_(lost_there) {}

    // Sends a segment, before the value that names its id. `would_block`: not now. Throws what
    // send_packet does.
    sending send(int socket, const segment& memory, bool blocking);

private:
    struct one {
        std::weak_ptr<const void> memory;
        std::uint32_t lost_before;
    };
    void forget_the_gone(int socket);

    const std::atomic<std::uint32_t>& lost_there_;
    std::map<std::uint64_t, one> known_;
};

// What has come from the other side, and is adopted as that is trusted: by segment::adopt, or by
// segment::adopt_unsealed.
class received_segments {
public:
    // `lost`: counts the segments that are lost.
    received_segments(segment (*adopt)(int), std::atomic<std::uint32_t>& lost) noexcept
        : adopt_(adopt), lost_count_(lost) {}

    // `file` is none if the process had no descriptor left to receive it by.
    void came(std::uint64_t id, owned_descriptor file);
    void forget(std::uint64_t id) noexcept;
    [[nodiscard]] bool has(std::uint64_t id) const noexcept {
        return mapped_.contains(id) || files_.contains(id);
    }
    // Throws what mapping does, std::system_error of one that is lost, protocol_error of one that
    // was not sent.
    segment get(std::uint64_t id);

private:
    void lose(std::uint64_t id);

    segment (*adopt_)(int);
    std::atomic<std::uint32_t>& lost_count_;
    std::map<std::uint64_t, owned_descriptor> files_;  // not used yet
    std::map<std::uint64_t, segment> mapped_;
    std::set<std::uint64_t> lost_;
};

}}}  // namespace bobbin::v0::ipc::detail
