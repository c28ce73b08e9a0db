// bobbin's channels between processes.
#include "messages.hpp"

#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/shared_queue.hpp>

#include <array>
#include <span>
#include <type_traits>
#include <vector>

namespace bench::peers {
namespace {

using small = std::array<std::uint64_t, 8>;
using large = std::vector<std::uint64_t>;
using bobbin::ipc::shared_queue;

template <class T>
T make(const message_work& work) {
    if constexpr (std::is_same_v<T, large>) {
        return make_message(work);
    } else {
        return {};
    }
}

template <class T>
struct queue_channel {
    static constexpr bool for_all = true;
    explicit queue_channel(const message_work& work) : queue(channel_bytes(work)) {}

    struct sender {
        sender(queue_channel& to, const message_work& work)
            : queue(to.queue), message(make<T>(work)) {}
        void send(std::uint64_t number) {
            stamp(message, number);
            queue.put(message);
        }
        shared_queue<T>& queue;
        T message;
    };
    struct receiver {
        receiver(queue_channel& from, const message_work& /*work*/) : queue(from.queue) {}
        std::uint64_t receive() { return stamp_of(queue.get()); }
        shared_queue<T>& queue;
    };

    shared_queue<T> queue;
};

struct batch_channel {
    static constexpr bool for_all = true;
    static constexpr std::size_t most = 256;
    explicit batch_channel(const message_work& work) : queue(channel_bytes(work)) {}

    struct sender {
        sender(batch_channel& to, const message_work& work) : queue(to.queue), left(work.count) {
            batch.reserve(most);
        }
        void send(std::uint64_t number) {
            stamp(batch.emplace_back(), number);
            if (--left == 0 || batch.size() == most) {
                queue.put_all(batch);
                batch.clear();
            }
        }
        shared_queue<small>& queue;
        std::vector<small> batch;
        std::uint64_t left;
    };
    struct receiver {
        receiver(batch_channel& from, const message_work& work)
            : queue(from.queue), left(work.count) {}
        std::uint64_t receive() {
            if (next == batch.size()) {
                // No more than are for us: somebody waits for the others.
                batch = queue.get_some(std::min<std::uint64_t>(left, most));
                left -= batch.size();
                next = 0;
            }
            return stamp_of(batch[next++]);
        }
        shared_queue<small>& queue;
        std::vector<small> batch;
        std::size_t next = 0;
        std::uint64_t left;
    };

    shared_queue<small> queue;
};

template <class T>
struct pipe_channel {
    static constexpr bool for_all = false;
    explicit pipe_channel(const message_work& work) : pipe(channel_bytes(work)) {}

    struct sender {
        sender(pipe_channel& to, const message_work& work)
            : end(to.pipe.first), message(make<T>(work)) {}
        void send(std::uint64_t number) {
            stamp(message, number);
            end.put(message);
        }
        bobbin::ipc::pipe_end<T>& end;
        T message;
    };
    struct receiver {
        receiver(pipe_channel& from, const message_work& /*work*/) : end(from.pipe.second) {}
        std::uint64_t receive() { return stamp_of(end.get()); }
        bobbin::ipc::pipe_end<T>& end;
    };

    bobbin::ipc::pipe<T> pipe;
};

bool is_small(const message_work& work) {
    return work.bytes == sizeof(small);
}

}  // namespace

run_result bobbin_queue_stream(const message_work& work) {
    return is_small(work) ? stream<queue_channel<small>>(work) : stream<queue_channel<large>>(work);
}
run_result bobbin_queue_trip(const message_work& work) {
    return round_trip<queue_channel<small>>(work);
}
run_result bobbin_batch_stream(const message_work& work) {
    return stream<batch_channel>(work);
}
run_result bobbin_pipe_stream(const message_work& work) {
    return is_small(work) ? stream<pipe_channel<small>>(work) : stream<pipe_channel<large>>(work);
}
run_result bobbin_pipe_trip(const message_work& work) {
    return round_trip<pipe_channel<small>>(work);
}

}  // namespace bench::peers
