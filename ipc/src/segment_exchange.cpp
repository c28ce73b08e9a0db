#include "segment_exchange.hpp"

#include "lane_packet.hpp"

#include <span>

namespace bobbin::inline v0::ipc::detail {
namespace {

sending send_about(int socket, packet_kind kind, std::uint64_t id, std::span<const int> files,
                   bool blocking) {
    const lane_packet packet{.kind = kind, .number = id};
    const auto bytes = std::as_bytes(std::span(&packet, 1));
    return blocking ? send_packet_blocking(socket, bytes, files)
                    : send_packet(socket, bytes, files);
}

}  // namespace

sending sent_segments::send(int socket, const segment& memory, bool blocking) {
    if (known_.contains(memory.id())) return sending::done;
    forget_the_gone(socket);
    const int file = memory.descriptor();
    const auto sent =
        send_about(socket, packet_kind::segment, memory.id(), std::span(&file, 1), blocking);
    if (sent == sending::done) known_.emplace(memory.id(), memory.lifetime());
    return sent;
}

void sent_segments::forget_the_gone(int socket) {
    std::erase_if(known_, [socket](const auto& each) {
        return each.second.expired() && send_about(socket, packet_kind::forget, each.first, {},
                                                   false) != sending::would_block;
    });
}

void received_segments::forget(std::uint64_t id) noexcept {
    files_.erase(id);
    mapped_.erase(id);
}

segment received_segments::get(std::uint64_t id) {
    if (const auto found = mapped_.find(id); found != mapped_.end()) return found->second;
    auto file = files_.extract(id);
    return mapped_.emplace(id, adopt_(file.mapped().release())).first->second;
}

}  // namespace bobbin::inline v0::ipc::detail
