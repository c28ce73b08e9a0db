#include "worker_socket.hpp"

#include "quiet_thread.hpp"
#include "run_and_exit.hpp"

#include <exception>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace bobbin::inline v0::ipc::detail {

void end_without_descriptors() noexcept {
    end_worker("a job has closed the descriptors of its worker");
}

void worker_socket::end_if_closed() const noexcept {
    if (::fcntl(socket_, F_GETFD) < 0) end_without_descriptors();
}

void worker_socket::read_packet() {
    lane_packet packet;
    take(receive_packet_blocking(socket_, std::as_writable_bytes(std::span(&packet, 1))), packet);
}

void worker_socket::drain() {
    for (bool any = !has_thread_; any;) {
        lane_packet packet;
        auto got = receive_packet(socket_, std::as_writable_bytes(std::span(&packet, 1)));
        any = !got.none;
        if (any) take(std::move(got), packet);
    }
}

void worker_socket::take(received_packet got, const lane_packet& packet) {
    if (got.gone) ::_exit(0);  // the application has gone, or wants nothing of us any more
    const std::lock_guard lock(mutex_);
    switch (packet.kind) {
        case packet_kind::segment:
            if (got.descriptors.empty()) return;
            received_.came(packet.number, std::move(got.descriptors.front()));
            came_.notify_one();
            return;
        case packet_kind::forget:
            return received_.forget(packet.number);
        case packet_kind::stop:
            to_stop_ = packet.number;
            if (coroutine_ != nullptr && running_ == to_stop_) coroutine_->cancel();
            return;
    }
}

segment worker_socket::find(std::uint64_t id) {
    for (;;) {
        std::unique_lock lock(mutex_);
        if (received_.has(id)) return received_.get(id);
        if (has_thread_) {
            came_.wait(lock);
        } else {
            lock.unlock();
            end_if_closed();
            read_packet();
        }
    }
}

void worker_socket::send(const segment& memory) {
    try {
        // If nobody is there to take it, nobody waits for the result.
        static_cast<void>(sent_.send(socket_, memory, true));
    } catch (...) {
        end_if_closed();
        throw;
    }
}

void worker_socket::begin(std::uint64_t number, bobbin::detail::job_core& coroutine) {
    const std::lock_guard lock(mutex_);
    running_ = number;
    coroutine_ = &coroutine;
    if (to_stop_ == number) coroutine.cancel();
    if (!has_thread_)
        start_quiet_thread("bobbin-control", [this] {
            try {
                for (;;) read_packet();
            } catch (const std::exception& error) {
                end_worker(error.what());  // it would hear of no stop, and of no segment
            }
        });
    has_thread_ = true;
}

void worker_socket::end() noexcept {
    const std::lock_guard lock(mutex_);
    coroutine_ = nullptr;
}

}  // namespace bobbin::inline v0::ipc::detail
