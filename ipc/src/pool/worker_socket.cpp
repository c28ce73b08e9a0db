// See worker_socket.hpp.
#include "pool/worker_socket.hpp"

#include "os/quiet_thread.hpp"
#include "os/uninterrupted.hpp"
#include "process/run_and_exit.hpp"

#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void end_without_descriptors() noexcept {
    end_worker("a job has closed the descriptors of its worker");
}

void worker_socket::end_if_closed() const noexcept {
    if (::fcntl(socket_, F_GETFD) < 0) end_without_descriptors();
}

void worker_socket::drain() {
    const std::lock_guard lock(mutex_);
    read_packets();
}

// Under the lock, so that whoever has it finds all that was sent before what it knows of.
void worker_socket::read_packets() {
    for (;;) {
        worker_packet packet;
        auto got = receive_packet(socket_, std::as_writable_bytes(std::span(&packet, 1)));
        if (got.none) return;
        if (got.gone) ::_exit(0);  // the application has gone, or wants nothing of us any more
        switch (packet.kind) {
            case packet_kind::segment:
                received_.came(packet.number, first_of(got));
                break;
            case packet_kind::forget:
                received_.forget(packet.number);
                break;
            case packet_kind::last_words:
                break;  // are a worker's
            case packet_kind::stop:
                to_stop_ = packet.number;
                if (coroutine_ != nullptr && running_ == to_stop_) coroutine_->cancel();
        }
    }
}

segment worker_socket::find(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (!received_.has(id)) {
        end_if_closed();
        read_packets();
    }
    return received_.get(id);
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
                for (;;) {
                    pollfd any = watched(socket_);
                    ::poll(&any, 1, -1);  // whatever it says, there is nothing or something
                    drain();
                }
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

}}}  // namespace bobbin::v0::ipc::detail
