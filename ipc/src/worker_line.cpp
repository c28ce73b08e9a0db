#include "crew_core.hpp"
#include "lane_packet.hpp"

#include <bobbin/ipc/errors.hpp>

namespace bobbin::inline v0::ipc::detail {

bool worker_line::send_segments(const parcel& of) {
    for (const segment& each : of.objects())
        if (sent_.send(socket_.get(), each, false) == sending::would_block) return false;
    const auto large = of.large();
    return large == nullptr || sent_.send(socket_.get(), *large, false) != sending::would_block;
}

void worker_line::send_stop(std::uint64_t job) noexcept {
    const lane_packet packet{.kind = packet_kind::stop, .number = job};
    static_cast<void>(send_packet(socket_.get(), std::as_bytes(std::span(&packet, 1))));
}

segment worker_line::find(std::uint64_t id) {
    while (!received_.has(id)) {
        lane_packet packet;
        auto got = receive_packet(socket_.get(), std::as_writable_bytes(std::span(&packet, 1)));
        if (got.none || got.gone)
            throw protocol_error("bobbin: a worker did not send the memory of its result");
        if (packet.kind == packet_kind::forget) received_.forget(packet.number);
        if (packet.kind == packet_kind::segment && !got.descriptors.empty())
            received_.came(packet.number, std::move(got.descriptors.front()));
    }
    return received_.get(id);
}

}  // namespace bobbin::inline v0::ipc::detail
