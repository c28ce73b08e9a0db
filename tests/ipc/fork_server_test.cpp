// Goal: one session can't hold up the others.
#include "fork_server.hpp"

#include <bobbin/ipc/process.hpp>

#include <array>
#include <doctest/doctest.h>
#include <unistd.h>

namespace ipc = bobbin::ipc;
using namespace bobbin::ipc::detail;

namespace {

const auto nothing = [] {};

}  // namespace

TEST_CASE("who asks for processes and does not listen holds up nobody, and is told in the end") {
    constexpr int many = 300;  // more than a socket holds news of
    auto silent = fork_session::begin(ipc::start_method::fork_server);
    silent.await_server();
    process_request wanted;
    wanted.callable = process_call(nothing).callable();
    const std::array descriptors = {STDOUT_FILENO, STDERR_FILENO};
    int asked = 0;
    while (asked < many && silent.request(wanted, descriptors)) ++asked;
    CHECK(ipc::process(nothing).join().ok());
    CHECK(ipc::process(nothing).join().ok());

    int started = 0;
    int ended = 0;
    while (ended < asked) {
        const auto news = silent.await_next();
        REQUIRE_FALSE(news.server_gone);
        if (news.what.what == server_news::started) ++started;
        if (news.what.what == server_news::ended) ++ended;
    }
    CHECK(asked > 100);
    CHECK(started == asked);
}
