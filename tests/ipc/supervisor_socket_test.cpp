// Goal: what can't be sent to a worker now is sent to it later.
#include "pool/supervisor_socket.hpp"

#include "memory/worker_packet.hpp"
#include "os/anonymous_file.hpp"
#include "os/control_socket.hpp"
#include "pool/job_ring.hpp"

#include <bobbin/ipc/segment.hpp>

#include <cstdint>
#include <doctest/doctest.h>
#include <new>
#include <span>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace bobbin::ipc::detail;

namespace {

ipc::segment ring_memory() {
    auto memory = ipc::segment::adopt_unsealed(create_anonymous_file(sizeof(job_ring)).release());
    new (memory.data()) job_ring;
    return memory;
}

// A socket, and what a worker would read.
class socket_of_worker {
public:
    explicit socket_of_worker(std::pair<owned_descriptor, owned_descriptor> ends)
        : near_(ends.first.get()),
          far_(std::move(ends.second)),
          own(std::move(ends.first), ring_memory()) {}

    void fill() const {
        const worker_packet packet{.kind = packet_kind::forget};
        while (send_packet(near_, std::as_bytes(std::span(&packet, 1))) == sending::done) {
        }
    }
    // The jobs that the worker has been told to stop so far.
    [[nodiscard]] std::vector<std::uint64_t> stops() const {
        std::vector<std::uint64_t> all;
        for (;;) {
            worker_packet packet;
            const auto got =
                receive_packet(far_.get(), std::as_writable_bytes(std::span(&packet, 1)));
            if (got.none || got.gone) return all;
            if (packet.kind == packet_kind::stop) all.push_back(packet.number);
        }
    }
    void close_near() const { ::close(near_); }

private:
    const int near_;
    const owned_descriptor far_;

public:
    supervisor_socket own;
};

using stopped = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a stop for which there is no room is owed until there is, and sent once") {
    socket_of_worker socket(control_socket_pair());
    CHECK(socket.own.send_stop(3));
    CHECK(socket.stops() == stopped{3});
    CHECK(socket.own.send_owed_stop());  // none is
    socket.fill();
    CHECK_FALSE(socket.own.send_stop(4));
    CHECK_FALSE(socket.own.send_owed_stop());
    CHECK(socket.stops().empty());
    CHECK(socket.own.send_owed_stop());
    CHECK(socket.own.send_owed_stop());
    CHECK(socket.stops() == stopped{4});
}

TEST_CASE("the stop that is owed is that of the later job, as the earlier one has run") {
    for (const auto& [first, second] : {std::pair(5U, 6U), std::pair(6U, 5U)}) {
        socket_of_worker socket(control_socket_pair());
        socket.fill();
        CHECK_FALSE(socket.own.send_stop(first));
        CHECK_FALSE(socket.own.send_stop(second));
        CHECK(socket.stops().empty());
        CHECK(socket.own.send_owed_stop());
        CHECK(socket.stops() == stopped{6});
    }
}

TEST_CASE("no stop is owed to a worker that has gone, or whose socket the program has closed") {
    auto [ours, theirs] = control_socket_pair();
    theirs = owned_descriptor();
    supervisor_socket gone(std::move(ours), ring_memory());
    CHECK(gone.send_stop(3));
    socket_of_worker closed(control_socket_pair());
    closed.close_near();
    CHECK(closed.own.send_stop(3));
}
