// Boost.Interprocess.
#include "messages.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>

#include <fmt/format.h>
#include <string>
#include <unistd.h>

namespace bench::peers {
namespace {

namespace interprocess = boost::interprocess;

struct boost_channel {
    static constexpr bool for_all = true;

    explicit boost_channel(const message_work& work)
        : queue(interprocess::create_only, fresh_name().c_str(), channel_bytes(work) / work.bytes,
                work.bytes) {
        // Children inherit the memory; nothing is left if we are killed from now on.
        interprocess::message_queue::remove(name().c_str());
    }

    struct sender {
        sender(boost_channel& to, const message_work& work)
            : queue(to.queue), message(make_message(work)), bytes(work.bytes) {}
        void send(std::uint64_t number) {
            stamp(message, number);
            queue.send(message.data(), bytes, 0);
        }
        interprocess::message_queue& queue;
        std::vector<std::uint64_t> message;
        std::size_t bytes;
    };
    struct receiver {
        receiver(boost_channel& from, const message_work& work)
            : queue(from.queue), message(make_message(work)), bytes(work.bytes) {}
        std::uint64_t receive() {
            std::size_t received = 0;
            unsigned priority = 0;
            queue.receive(message.data(), bytes, received, priority);
            return stamp_of(message);
        }
        interprocess::message_queue& queue;
        std::vector<std::uint64_t> message;
        std::size_t bytes;
    };

    interprocess::message_queue queue;

private:
    static std::string name() { return fmt::format("bench-{}", ::getpid()); }
    // What another run that was killed may have left.
    static std::string fresh_name() {
        interprocess::message_queue::remove(name().c_str());
        return name();
    }
};

}  // namespace

run_result boost_queue_stream(const message_work& work) {
    return stream<boost_channel>(work);
}
run_result boost_queue_trip(const message_work& work) {
    return round_trip<boost_channel>(work);
}

}  // namespace bench::peers
