// See supervisor_socket.hpp.
#include "pool/supervisor_socket.hpp"

#include "memory/worker_packet.hpp"
#include "os/control_socket.hpp"
#include "pool/job_ring.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <span>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

supervisor_socket::supervisor_socket(owned_descriptor socket, segment ring_memory) noexcept
    : socket_(std::move(socket)),
      ring_memory_(std::move(ring_memory)),
      sent_(reinterpret_cast<job_ring*>(ring_memory_.data())->lost.by_worker),
      // Not as it comes: a worker does anything.
      received_(segment::adopt,
                reinterpret_cast<job_ring*>(ring_memory_.data())->lost.by_application) {}

bool supervisor_socket::send_segments(const payload& of) {
    for (const segment& each : of.objects())
        if (sent_.send(socket_.get(), each, false) == sending::would_block) return false;
    const auto large = of.large();
    return large == nullptr || sent_.send(socket_.get(), *large, false) != sending::would_block;
}

bool supervisor_socket::send_stop(std::uint64_t job) noexcept {
    owed_stop_ = std::max(owed_stop_.value_or(0), job);  // those before it have run
    return send_owed_stop();
}

bool supervisor_socket::send_owed_stop() noexcept {
    if (!owed_stop_) return true;
    const worker_packet packet{.kind = packet_kind::stop, .number = *owed_stop_};
    try {
        if (send_packet(socket_.get(), std::as_bytes(std::span(&packet, 1))) ==
            sending::would_block)
            return false;
    } catch (const std::bad_alloc&) {
        return false;
    } catch (const std::exception&) {
        // The program has closed the socket: its worker reads nothing more.
    }
    owed_stop_.reset();
    return true;
}

segment supervisor_socket::find(std::uint64_t id) {
    while (!received_.has(id)) {
        worker_packet packet;
        auto got = receive_packet(socket_.get(), std::as_writable_bytes(std::span(&packet, 1)));
        if (got.none || got.gone) break;
        if (packet.kind == packet_kind::forget) received_.forget(packet.number);
        if (packet.kind == packet_kind::segment) received_.came(packet.number, first_of(got));
    }
    return received_.get(id);
}

}}}  // namespace bobbin::v0::ipc::detail
