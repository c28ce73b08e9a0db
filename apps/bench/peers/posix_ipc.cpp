// What the kernel has for messages: POSIX queues and pipes.
#include "messages.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <mqueue.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bench::peers {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

class descriptor {
public:
    explicit descriptor(int number = -1) : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

// As long as the system lets everybody have it; 10 messages if nothing was set.
descriptor open_posix_queue(std::size_t bytes) {
    long length = 10;
    std::ifstream("/proc/sys/fs/mqueue/msg_max") >> length;
    mq_attr attributes{};
    attributes.mq_maxmsg = length;
    attributes.mq_msgsize = static_cast<long>(bytes);
    const std::string name = fmt::format("/bench-{}", ::getpid());
    ::mq_unlink(name.c_str());  // what another run that was killed may have left
    descriptor queue(::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
    if (queue.number() >= 0) {
        ::mq_unlink(name.c_str());  // children inherit the descriptor
    }
    return queue;
}

struct posix_channel {
    static constexpr bool for_all = true;
    explicit posix_channel(const message_work& work) : queue(open_posix_queue(work.bytes)) {
        if (queue.number() < 0) {
            fail("mq_open");
        }
    }

    struct end {
        end(posix_channel& channel, const message_work& work)
            : queue(channel.queue.number()), message(make_message(work)), bytes(work.bytes) {}
        int queue;
        std::vector<std::uint64_t> message;
        std::size_t bytes;
    };
    struct sender : end {
        using end::end;
        void send(std::uint64_t number) {
            stamp(message, number);
            if (::mq_send(queue, reinterpret_cast<const char*>(message.data()), bytes, 0) != 0) {
                fail("mq_send");
            }
        }
    };
    struct receiver : end {
        using end::end;
        std::uint64_t receive() {
            if (::mq_receive(queue, reinterpret_cast<char*>(message.data()), bytes, nullptr) < 0) {
                fail("mq_receive");
            }
            return stamp_of(message);
        }
    };

    descriptor queue;
};

// Messages of one size have no need of a frame. Small ones are written and read whole, also by many
// at once; large ones are for one pair.
struct pipe_channel {
    static constexpr bool for_all = true;
    explicit pipe_channel(const message_work& work) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            fail("pipe2");
        }
        out = descriptor(ends[0]);
        in = descriptor(ends[1]);
        // A mebibyte is the most that everybody may have; if it is not, the pipe stays as it was.
        ::fcntl(in.number(), F_SETPIPE_SZ, std::min<std::size_t>(channel_bytes(work), 1U << 20U));
    }

    struct end {
        end(int descriptor, const message_work& work)
            : pipe(descriptor), message(make_message(work)), bytes(work.bytes) {}
        // Reads or writes the whole message by `step`.
        template <class Step>
        void move_all(Step step, const char* what) {
            auto* const data = reinterpret_cast<std::byte*>(message.data());
            for (std::size_t done = 0; done < bytes;) {
                const ssize_t moved = step(pipe, data + done, bytes - done);
                if (moved <= 0) {
                    fail(what);
                }
                done += static_cast<std::size_t>(moved);
            }
        }
        int pipe;
        std::vector<std::uint64_t> message;
        std::size_t bytes;
    };
    struct sender : end {
        sender(pipe_channel& to, const message_work& work) : end(to.in.number(), work) {}
        void send(std::uint64_t number) {
            stamp(message, number);
            move_all(::write, "write");
        }
    };
    struct receiver : end {
        receiver(pipe_channel& from, const message_work& work) : end(from.out.number(), work) {}
        std::uint64_t receive() {
            move_all(::read, "read");
            return stamp_of(message);
        }
    };

    descriptor in;
    descriptor out;
};

}  // namespace

bool has_posix_queue(std::size_t bytes) {
    return open_posix_queue(bytes).number() >= 0;
}

run_result posix_queue_stream(const message_work& work) {
    return stream<posix_channel>(work);
}
run_result posix_queue_trip(const message_work& work) {
    return round_trip<posix_channel>(work);
}
run_result unix_pipe_stream(const message_work& work) {
    return stream<pipe_channel>(work);
}
run_result unix_pipe_trip(const message_work& work) {
    return round_trip<pipe_channel>(work);
}

}  // namespace bench::peers
