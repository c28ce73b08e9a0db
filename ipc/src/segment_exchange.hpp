// The segments that went over a worker's socket, each once: its two ends, alike here and there.
#pragma once

#include "control_socket.hpp"

#include <bobbin/ipc/segment.hpp>

#include <cstdint>
#include <map>
#include <memory>

namespace bobbin::inline v0::ipc::detail {

// What the other side has been sent and still has. A segment that is gone here is told to be
// forgotten there when the next is sent.
class sent_segments {
public:
    // Ahead of what names its id. `would_block`: not now. Throws std::system_error.
    sending send(int socket, const segment& memory, bool blocking);

private:
    void forget_the_gone(int socket);
    std::map<std::uint64_t, std::weak_ptr<const void>> known_;
};

// What has come from the other side, and is adopted as that is trusted: by segment::adopt, or by
// segment::adopt_unsealed.
class received_segments {
public:
    explicit received_segments(segment (*adopt)(int)) noexcept : adopt_(adopt) {}

    void came(std::uint64_t id, owned_descriptor file) { files_[id] = std::move(file); }
    void forget(std::uint64_t id) noexcept;
    [[nodiscard]] bool has(std::uint64_t id) const noexcept {
        return mapped_.contains(id) || files_.contains(id);
    }
    // One that has come. Throws what mapping does.
    segment get(std::uint64_t id);

private:
    segment (*adopt_)(int);
    std::map<std::uint64_t, owned_descriptor> files_;  // not used yet
    std::map<std::uint64_t, segment> mapped_;
};

}  // namespace bobbin::inline v0::ipc::detail
