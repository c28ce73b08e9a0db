// See segment_exchange.hpp.
#include "memory/segment_exchange.hpp"

#include "memory/worker_packet.hpp"

#include <bobbin/ipc/errors.hpp>

#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

sending send_about(int socket, packet_kind kind, std::uint64_t id, std::span<const int> files,
                   bool blocking) {
    const worker_packet packet{.kind = kind, .number = id};
    const auto bytes = std::as_bytes(std::span(&packet, 1));
    return blocking ? send_packet_blocking(socket, bytes, files)
                    : send_packet(socket, bytes, files);
}

}  // namespace

sending sent_segments::send(int socket, const segment& memory, bool blocking) {
    const std::uint32_t lost = lost_there_.load(std::memory_order_relaxed);
    const auto found = known_.find(memory.id());
    if (found != known_.end() && found->second.lost_before == lost) return sending::done;
    forget_the_gone(socket);
    const int file = memory.descriptor();
    // The entry is made before the segment is sent, as that may throw: of each segment that the
    // other side has, it has to be told when the segment has gone.
    const auto [place, is_new] = known_.try_emplace(memory.id());
    sending sent = sending::would_block;
    try {
        sent = send_about(socket, packet_kind::segment, memory.id(), std::span(&file, 1), blocking);
    } catch (...) {
        if (is_new) known_.erase(place);
        throw;
    }
    if (sent == sending::done)
        place->second = {memory.lifetime(), lost};
    else if (is_new)
        known_.erase(place);
    return sent;
}

void sent_segments::forget_the_gone(int socket) {
    std::erase_if(known_, [socket](const auto& each) {
        return each.second.memory.expired() && send_about(socket, packet_kind::forget, each.first,
                                                          {}, false) != sending::would_block;
    });
}

void received_segments::came(std::uint64_t id, owned_descriptor file) {
    if (mapped_.contains(id)) return;  // it was sent anew for the sake of others
    if (!file) return lose(id);
    try {
        files_[id] = std::move(file);
        lost_.erase(id);
    } catch (...) {
        lose(id);
        throw;
    }
}

void received_segments::lose(std::uint64_t id) {
    lost_count_.fetch_add(1, std::memory_order_relaxed);
    lost_.insert(id);
}

void received_segments::forget(std::uint64_t id) noexcept {
    files_.erase(id);
    mapped_.erase(id);
    lost_.erase(id);
}

segment received_segments::get(std::uint64_t id) {
    if (const auto found = mapped_.find(id); found != mapped_.end()) return found->second;
    if (lost_.contains(id))
        throw std::system_error(EMFILE, std::generic_category(),
                                "bobbin: a large value, or a shared object, has come to a process "
                                "that had no descriptor (ulimit -n) or no memory for it");
    auto file = files_.extract(id);
    if (file.empty()) throw protocol_error("bobbin: the memory of a value was not sent");
    try {
        return mapped_.emplace(id, adopt_(file.mapped().release())).first->second;
    } catch (...) {
        lose(id);
        throw;
    }
}

}}}  // namespace bobbin::v0::ipc::detail
