// Goal: shared objects reach processes that were not forked with them, and pipes join two ends.
#include <bobbin/ipc/handle.hpp>
#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/process.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace ipc = bobbin::ipc;

namespace {

struct socket_pair {
    socket_pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0); }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;
    ~socket_pair() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("a queue sent through a socket is the same queue") {
    const socket_pair sockets;
    auto child = ipc::process::forked([&] {
        auto queue = ipc::receive_handle<ipc::shared_queue<std::string>>(sockets.ends[1]);
        queue.put("made after the fork");
    });
    ipc::shared_queue<std::string> queue;  // the child knows nothing of it
    ipc::send_handle(sockets.ends[0], queue);
    queue.expect(child.pid());
    CHECK(queue.get() == "made after the fork");
    CHECK(child.join().ok());
}

TEST_CASE("a handle of another kind is refused, and so is what is no handle") {
    const socket_pair sockets;
    const ipc::shared_queue<int> queue;
    ipc::send_handle(sockets.ends[0], queue);
    CHECK_THROWS_AS(ipc::receive_handle<ipc::shared_queue<double>>(sockets.ends[1]),
                    ipc::wrong_segment);
    REQUIRE(::send(sockets.ends[0], "x", 1, 0) == 1);
    CHECK_THROWS_AS(ipc::receive_handle<ipc::shared_queue<int>>(sockets.ends[1]),
                    std::system_error);
}

TEST_CASE("a socket whose other end is closed is an error, on both sides, and no signal") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
    ::close(ends[1]);
    const ipc::shared_queue<int> queue;
    CHECK_THROWS_AS(ipc::send_handle(ends[0], queue), std::system_error);
    CHECK_THROWS_AS(ipc::receive_handle<ipc::shared_queue<int>>(ends[0]), std::system_error);
    ::close(ends[0]);
}

TEST_CASE("what is put into one end of a pipe, the other gets: both ways") {
    ipc::pipe<std::string> line;
    auto child = ipc::process::forked([&] {
        const std::string question = line.second.get();
        line.second.put(question + " yes");
    });
    line.first.expect(child.pid());
    line.first.put("really?");
    CHECK(line.first.get() == "really? yes");
    CHECK(child.join().ok());
    CHECK_THROWS_AS(line.first.get(), ipc::producer_died);
}

TEST_CASE("closing one end ends the other, after what was put") {
    ipc::pipe<int> line(64);
    line.first.put(1);
    line.first.close();
    CHECK(line.second.get() == 1);
    CHECK_THROWS_AS(line.second.get(), ipc::queue_closed);
    CHECK_THROWS_AS(line.second.put(2), ipc::queue_closed);
}

TEST_CASE("an end of a pipe travels through a socket") {
    const socket_pair sockets;
    auto child = ipc::process::forked([&] {
        auto end = ipc::receive_pipe_end<int>(sockets.ends[1]);
        end.put(end.get() + 1);
    });
    ipc::pipe<int> line(64);
    ipc::send_handle(sockets.ends[0], line.second);
    line.first.put(41);
    CHECK(line.first.get() == 42);
}
