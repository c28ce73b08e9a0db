// ZeroMQ's ipc transport: push and pull. A context is made after the fork, as it has threads.
#include "messages.hpp"

#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <zmq.h>

namespace bench::peers {
namespace {

void check(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(fmt::format("{}: {}", what, ::zmq_strerror(::zmq_errno())));
    }
}

struct zeromq_channel {
    static constexpr bool for_all = false;  // several consumers can't have one address
    explicit zeromq_channel(const message_work& /*work*/) {
        static int number = 0;
        // An abstract address: it leaves no file.
        address = fmt::format("ipc://@bench-{}-{}", ::getpid(), number++);
    }

    struct end {
        end(int kind, const message_work& work) : message(make_message(work)), bytes(work.bytes) {
            check(context != nullptr, "zmq_ctx_new");
            socket.reset(::zmq_socket(context.get(), kind));
            check(socket != nullptr, "zmq_socket");
        }
        void set(int option, int value) {
            check(::zmq_setsockopt(socket.get(), option, &value, sizeof value) == 0,
                  "zmq_setsockopt");
        }
        std::unique_ptr<void, int (*)(void*)> context{::zmq_ctx_new(), &::zmq_ctx_term};
        std::unique_ptr<void, int (*)(void*)> socket{nullptr, &::zmq_close};
        std::vector<std::uint64_t> message;
        std::size_t bytes;
    };
    struct sender : end {
        sender(zeromq_channel& to, const message_work& work) : end(ZMQ_PUSH, work) {
            set(ZMQ_IMMEDIATE, 1);      // can't be written to before it is connected
            set(ZMQ_RECONNECT_IVL, 1);  // ms: the receiver may not be there yet
            check(::zmq_connect(socket.get(), to.address.c_str()) == 0, "zmq_connect");
            zmq_pollitem_t connected{
                .socket = socket.get(), .fd = 0, .events = ZMQ_POLLOUT, .revents = 0};
            check(::zmq_poll(&connected, 1, -1) == 1, "zmq_poll");
        }
        void send(std::uint64_t number) {
            stamp(message, number);
            check(::zmq_send(socket.get(), message.data(), bytes, 0) >= 0, "zmq_send");
        }
    };
    struct receiver : end {
        receiver(zeromq_channel& from, const message_work& work) : end(ZMQ_PULL, work) {
            check(::zmq_bind(socket.get(), from.address.c_str()) == 0, "zmq_bind");
        }
        std::uint64_t receive() {
            check(::zmq_recv(socket.get(), message.data(), bytes, 0) >= 0, "zmq_recv");
            return stamp_of(message);
        }
    };

    std::string address;
};

}  // namespace

run_result zeromq_stream(const message_work& work) {
    return stream<zeromq_channel>(work);
}
run_result zeromq_trip(const message_work& work) {
    return round_trip<zeromq_channel>(work);
}

}  // namespace bench::peers
