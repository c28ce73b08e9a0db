// Goal: deaths of workers cost the job that died with them, and nothing else.
#include "../runtime/ledger.hpp"
#include "workers.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/remote_error.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <numeric>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace ipc = bobbin::ipc;

namespace {

int own_pid() {
    return ::getpid();
}
int parent_pid() {
    return ::getppid();
}
int doubled(int i) {
    return 2 * i;
}
int dies_at(int number, int signal) {
    if (number % 10 == 3) ::raise(signal);
    return number;
}
inline constexpr bobbin::fn<&own_pid> pid_there;
inline constexpr bobbin::fn<&parent_pid> server_of_worker;
inline constexpr bobbin::fn<&doubled> twice;

// How a job ended that did not.
ipc::exit_status status_of(const bobbin::job<int>& job) {
    try {
        job.get();
    } catch (const ipc::worker_died& death) {
        REQUIRE(death.status().has_value());
        return *death.status();
    }
    FAIL("it has not died");
    return {};
}

}  // namespace

TEST_CASE("workers may be copies of the program as it is, if it has one thread") {
    // First: later tests leave threads behind.
    ipc::process_pool_options options(2);
    options.start_method = ipc::start_method::fork;
    ipc::process_pool pool(options);
    CHECK(pool.submit(twice, 4).get() == 8);
    CHECK(status_of(pool.submit([]() -> int { ::_exit(7); })).code == 7);
    CHECK(pool.submit(twice, 5).get() == 10);
    // Now it has the pool's.
    CHECK_THROWS_AS(ipc::process_pool{options}, std::logic_error);
}

TEST_CASE("workers may be the program, executed for each") {
    ipc::process_pool_options options(2);
    options.start_method = ipc::start_method::spawn;
    options.environment = {"BOBBIN_TEST_WORD=there"};
    ipc::process_pool pool(options);
    CHECK(pool.submit(twice, 4).get() == 8);
    CHECK(pool.submit([] { return std::string(std::getenv("BOBBIN_TEST_WORD")); }).get() ==
          "there");
    CHECK(status_of(pool.submit([]() -> int { ::_exit(7); })).code == 7);
    CHECK(pool.submit(twice, 5).get() == 10);
}

TEST_CASE("a job whose time has passed takes its worker with it, and no other job") {
    ipc::process_pool pool(1);
    for (int i = 0; i < 3; ++i) {
        const auto job = pool.submit({.timeout = std::chrono::milliseconds(50)}, [] { ::pause(); });
        CHECK_THROWS_AS(job.get(), bobbin::timed_out);
        CHECK(pool.submit(twice, i).get() == 2 * i);
    }
}

TEST_CASE("a stream that nobody reads to its end does not keep the pool from ending") {
    ipc::process_pool pool(2);
    auto results = pool.map_unordered(twice, std::vector<int>(10'000, 3));
    auto one = [](auto& from) -> bobbin::task<int> {
        auto first = co_await from.next();
        co_return first->value();
    };
    CHECK(bobbin::sync_wait(one(results)) == 6);
}

TEST_CASE("jobs run in other processes, which have this one's fork server as their parent") {
    ipc::process_pool pool(1);
    const int pid = pool.submit(pid_there).get();
    CHECK(pid != ::getpid());
    CHECK(pool.submit(pid_there).get() == pid);
    CHECK(pool.submit(server_of_worker).get() != ::getpid());
}

TEST_CASE("a job whose worker dies fails, and says of what; the pool goes on") {
    ipc::process_pool pool(2);
    CHECK(status_of(pool.submit([]() -> int { return ::raise(SIGKILL); })).signal == SIGKILL);
    CHECK(status_of(pool.submit([]() -> int { return ::raise(SIGSEGV); })).signal == SIGSEGV);
    CHECK(status_of(pool.submit([]() -> int { std::abort(); })).signal == SIGABRT);
    CHECK(status_of(pool.submit([]() -> int { ::_exit(42); })).code == 42);
    CHECK(status_of(pool.submit([]() -> int { std::exit(0); })).ok());
    CHECK(pool.submit(twice, 4).get() == 8);
}

TEST_CASE("only jobs that were running die with their workers") {
    ipc::process_pool pool(2);
    std::vector<int> inputs(100);
    std::iota(inputs.begin(), inputs.end(), 0);
    const auto ends = bobbin::sync_wait(
        pool.map_each([](int i) { return dies_at(i, SIGKILL); }, inputs, {.chunk_size = 7}));
    REQUIRE(ends.size() == inputs.size());
    for (int i = 0; i < 100; ++i) {
        const auto& each = ends[static_cast<std::size_t>(i)];
        CHECK(each.has_value() == (i % 10 != 3));
        if (!each) CHECK_THROWS_AS(std::rethrow_exception(each.error()), ipc::worker_died);
    }
}

TEST_CASE("a job is tried again after its worker's death, as often as it may be") {
    const test::ledger seen;
    ipc::process_pool pool(1);
    const auto second_time = [](const std::string& path) {
        test::record(path, 1);
        if (test::times_recorded(path, 1) < 3) ::raise(SIGKILL);
        return 7;
    };
    CHECK(pool.submit({.retries = 2}, second_time, seen.path()).get() == 7);
    CHECK(seen.size() == 3);
}

TEST_CASE("a job that has run is not cancelled while it waits for its next attempt") {
    ipc::process_pool pool(1);
    ipc::event begun;
    ipc::event go;
    const auto fails = pool.submit({.retries = 1}, [] { throw std::runtime_error("no disk"); });
    fails.on_done([](const auto&) {});  // so its result is read soon
    const auto keeps_the_worker = pool.submit(
        [](ipc::event has_begun, const ipc::event& may_end) {
            has_begun.set();
            may_end.wait();
        },
        begun, go);
    begun.wait();
    static_cast<void>(fails.wait_for(std::chrono::milliseconds(20)));
    CHECK_FALSE(fails.cancel());
    go.set();
    keeps_the_worker.get();
    fails.wait();
    CHECK(fails.failed());
}

TEST_CASE("a worker that dies idle is replaced, and the next job done") {
    ipc::process_pool pool(1);
    const int pid = pool.submit(pid_there).get();
    ::kill(pid, SIGKILL);
    CHECK(test::await_end(pid));
    CHECK(pool.submit(pid_there).get() != pid);
}

TEST_CASE("when the fork server dies there is a new one, and queued jobs are done") {
    ipc::process_pool pool(2);
    const int server = pool.submit(server_of_worker).get();
    ::kill(server, SIGKILL);
    const auto values = bobbin::sync_wait(
        pool.map_each(twice, std::vector<int>(200, 4), {.chunk_size = 10, .retries = 3}));
    for (const auto& each : values) CHECK(each.value() == 8);
    // Killed is not dead yet: until then its workers go on, and may have done all of these.
    CHECK(test::await_end(server));
    CHECK(pool.submit({.retries = 3}, server_of_worker).get() != server);
}

TEST_CASE("arguments and results larger than the job ring cross in segments of their own") {
    ipc::process_pool pool(2);
    std::vector<double> numbers(1U << 20U, 0.5);
    numbers.back() = 2;
    const auto there_and_back = [](std::vector<double> all) {
        all.front() = all.back();
        return all;
    };
    for (int i = 0; i < 5; ++i) {
        const auto job = pool.submit(there_and_back, numbers);
        CHECK(job.get().size() == numbers.size());
        CHECK(job.get().front() == 2);
    }
}

TEST_CASE("an exception of a type known here arrives as it was, another as what it said") {
    struct own : std::runtime_error {
        own() : std::runtime_error("ours") {}
    };
    ipc::process_pool pool(1);
    CHECK_THROWS_WITH_AS(pool.submit([]() -> int { throw std::out_of_range("far"); }).get(), "far",
                         std::out_of_range);
    CHECK_THROWS_WITH_AS(pool.submit([]() -> int { throw own(); }).get(), "ours",
                         ipc::remote_error);
    CHECK_THROWS_AS(pool.submit([]() -> int { throw 42; }).get(), ipc::remote_error);
}

TEST_CASE("a pool has at least one worker") {
    CHECK_THROWS_AS(ipc::process_pool(0), std::invalid_argument);
}

TEST_CASE("at a pool's end its workers are gone") {
    int pid = 0;
    {
        ipc::process_pool pool(1);
        pid = pool.submit(pid_there).get();
    }
    CHECK(test::await_end(pid));
}
