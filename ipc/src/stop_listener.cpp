#include "stop_listener.hpp"

#include "control_socket.hpp"
#include "lane_packet.hpp"
#include "quiet_thread.hpp"

#include <cstring>
#include <unistd.h>
#include <utility>

namespace bobbin::inline v0::ipc::detail {

void stop_listener::read_packet() {
    lane_packet packet;
    auto got = receive_packet_blocking(socket_, std::as_writable_bytes(std::span(&packet, 1)));
    if (got.gone) ::_exit(0);  // the application has gone, or wants nothing of us any more
    const std::lock_guard lock(mutex_);
    if (packet.kind == packet_kind::segment && !got.descriptors.empty()) {
        segments_.emplace(packet.number, segment::adopt(got.descriptors.front().release()));
        came_.notify_one();
    } else if (packet.kind == packet_kind::stop) {
        to_stop_ = packet.number;
        if (coroutine_ != nullptr && running_ == to_stop_) coroutine_->cancel();
    }
}

segment stop_listener::await_segment(std::uint64_t number) {
    for (;;) {
        std::unique_lock lock(mutex_);
        if (auto found = segments_.extract(number)) return std::move(found.mapped());
        if (has_thread_) {
            came_.wait(lock);
        } else {
            lock.unlock();
            read_packet();
        }
    }
}

void stop_listener::begin(std::uint64_t number, bobbin::detail::job_core& coroutine) {
    const std::lock_guard lock(mutex_);
    running_ = number;
    coroutine_ = &coroutine;
    if (to_stop_ == number) coroutine.cancel();
    if (!has_thread_)
        start_quiet_thread("bobbin-control", [this] {
            for (;;) read_packet();
        });
    has_thread_ = true;
}

void stop_listener::end() noexcept {
    const std::lock_guard lock(mutex_);
    coroutine_ = nullptr;
}

}  // namespace bobbin::inline v0::ipc::detail
