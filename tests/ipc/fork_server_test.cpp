// Goal: one session can't hold up the others, nor one request the others of its session.
#include "fork_server.hpp"

#include "spoilt_application.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

namespace ipc = bobbin::ipc;
using namespace bobbin::ipc::detail;

namespace {

const auto nothing = [] {};

pid_t pid_of_server() {
    const ipc::shared_value<pid_t> server(0);
    const auto tells_parent = [](ipc::shared_value<pid_t> to) { to.store(::getppid()); };
    REQUIRE(ipc::process(tells_parent, server).join().ok());
    return server.load();
}

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

TEST_CASE("a request that the server has no descriptors for fails, of any size, and no later one") {
    const pid_t server = pid_of_server();
    auto session = fork_session::begin(ipc::start_method::fork_server);
    session.await_server();
    const std::array descriptors = {STDOUT_FILENO, STDERR_FILENO};
    constexpr std::uint32_t seat = 7;
    for (const std::size_t size : {10U, 100'000U}) {
        CAPTURE(size);
        worker_request wanted;
        wanted.seat = seat;
        wanted.environment.push_back("BOBBIN_TEST=" + std::string(size, 'x'));
        test::limit(server, RLIMIT_NOFILE, 3);
        REQUIRE(session.request(wanted, descriptors));
        const auto news = session.await_next();
        test::limit(server, RLIMIT_NOFILE, 1000);
        REQUIRE_FALSE(news.server_gone);
        CHECK(news.what.what == server_news::failed);
        CHECK(news.what.seat == seat);
        CHECK(news.what.number == EMFILE);
    }
    process_request wanted;
    wanted.callable = process_call(nothing).callable();
    REQUIRE(session.request(wanted, descriptors));
    CHECK(session.await_next().what.what == server_news::started);
}
