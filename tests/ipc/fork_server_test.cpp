// Goal: one session can't hold up the others, nor one request the others of its session; and a
// child that can't become a worker says why.
#include "process/fork_server.hpp"

#include "os/anonymous_file.hpp"
#include "os/control_socket.hpp"
#include "os/lifeline.hpp"
#include "pool/job_ring.hpp"
#include "process/last_words.hpp"
#include "spoilt_application.hpp"
#include "workers.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <new>
#include <optional>
#include <string>
#include <sys/eventfd.h>
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

// A session that the server has accepted: it has served a first request.
fork_session served_session(ipc::start_method how) {
    auto session = fork_session::begin(how);
    process_request first;
    first.callable = process_call(nothing).callable();
    const auto [holds, held] = lifeline::make();
    const std::array descriptors = {STDOUT_FILENO, STDERR_FILENO, held.get()};
    REQUIRE(session.request(first, descriptors));
    while (session.await_next().what.what != server_news::ended) continue;
    return session;
}

// The last words of a worker that is started by a server with that limit. None if no worker could
// be started, or if it ends as it should, as there is nothing to do.
std::optional<last_words> words_of_worker(ipc::start_method how, __rlimit_resource what,
                                          rlim_t most) {
    const pid_t server = pid_of_server();
    auto session = served_session(how);
    const auto memory =
        ipc::segment::adopt_unsealed(create_anonymous_file(sizeof(job_ring)).release());
    auto* const ring = new (memory.data()) job_ring;
    ring->submitted.close();
    const auto [ours, theirs] = control_socket_pair();
    const auto [holds, held] = lifeline::make();
    const owned_descriptor doorbell(::eventfd(0, EFD_CLOEXEC));
    // In the order of worker_descriptor.
    const std::array descriptors = {memory.descriptor(), theirs.get(), doorbell.get(),
                                    doorbell.get(),      held.get(),   STDOUT_FILENO,
                                    STDERR_FILENO};
    test::limit(server, what, most);
    REQUIRE(session.request(worker_request(), descriptors));
    auto news = session.await_next();
    if (news.what.what == server_news::started) news = session.await_next();
    test::limit(server, what, what == RLIMIT_NOFILE ? 1000 : RLIM_INFINITY);
    CHECK((news.what.what == server_news::ended || news.what.number == EMFILE));
    return read_last_words(ours.get());
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
    auto session = served_session(ipc::start_method::fork_server);
    const std::array descriptors = {STDOUT_FILENO, STDERR_FILENO};
    constexpr std::uint32_t slot = 7;
    for (const std::size_t size : {10U, 100'000U}) {
        CAPTURE(size);
        worker_request wanted;
        wanted.slot = slot;
        wanted.environment.push_back("BOBBIN_TEST=" + std::string(size, 'x'));
        test::limit(server, RLIMIT_NOFILE, 3);
        REQUIRE(session.request(wanted, descriptors));
        const auto news = session.await_next();
        test::limit(server, RLIMIT_NOFILE, 1000);
        REQUIRE_FALSE(news.server_gone);
        CHECK(news.what.what == server_news::failed);
        CHECK(news.what.slot == slot);
        CHECK(news.what.number == EMFILE);
    }
    process_request wanted;
    wanted.callable = process_call(nothing).callable();
    REQUIRE(session.request(wanted, descriptors));
    CHECK(session.await_next().what.what == server_news::started);
}

TEST_CASE("a worker that can't have its job ring says so") {
    if (test::is_sanitized) return;
    const auto words = words_of_worker(ipc::start_method::fork_server, RLIMIT_AS, 1);
    REQUIRE(words);
    CHECK(words->error == ENOMEM);
    CHECK(test::contains(words->text, "could not be mapped: Cannot allocate memory"));
    CHECK_FALSE(words_of_worker(ipc::start_method::fork_server, RLIMIT_AS, RLIM_INFINITY));
}

TEST_CASE("a worker that can't hand on its descriptors says so") {
    // The worker has five descriptors, and its server fewer than twenty.
    std::optional<last_words> words;
    for (rlim_t most = 3; !words && most < 40; ++most)
        words = words_of_worker(ipc::start_method::spawn, RLIMIT_NOFILE, most);
    REQUIRE(words);
    CHECK(words->error == EMFILE);
    CHECK(test::contains(words->text, "hand on its descriptors (ulimit -n): Too many open files"));
}
