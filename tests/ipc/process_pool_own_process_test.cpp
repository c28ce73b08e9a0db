// Goal: what a job does to the process that it runs in (its descriptors, its threads, its signals,
// its session, its program) costs that job at most, and nothing hangs.
#include "workers.hpp"

#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/task.hpp>

#include <array>
#include <cstddef>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <utility>
#include <vector>

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 100'000;

int close_all() {
    ::closefrom(3);
    return 5;
}
inline constexpr bobbin::fn<&close_all> closes_all;

std::size_t count(const std::vector<char>& all) {
    return all.size();
}
inline constexpr bobbin::fn<&count> counts;

bobbin::task<int> sleep_there() {
    co_await bobbin::sleep_for(1ms);
    co_return 3;
}
inline constexpr bobbin::fn<&sleep_there> sleeps;

bool ends_well(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
inline constexpr bobbin::fn<&ends_well> copy_ends_well;

// The value; the other one if the worker died, which is as right.
template <class R>
R value_or(const bobbin::job<R>& job, R if_it_died) {
    try {
        return job.get();
    } catch (const ipc::worker_died&) {
        return if_it_died;
    }
}

}  // namespace

TEST_CASE("after a job that closed all descriptors the next ones are done") {
    for (const unsigned workers : {1U, 2U}) {
        ipc::process_pool pool(workers);
        for (int i = 0; i < 5; ++i) {
            CHECK(value_or(pool.submit(closes_all), 5) == 5);
            CHECK(value_or(pool.submit(twice, 4), 8) == 8);
            CHECK(pool.submit(twice, 5).get() == 10);
        }
    }
}

TEST_CASE(
    "a large argument, or result, of a job behind one that closed all descriptors hangs none") {
    ipc::process_pool pool(1);
    pool.submit(closes_all).wait();
    CHECK(value_or(pool.submit(counts, std::vector<char>(large)), large) == large);
    CHECK(pool.submit(counts, std::vector<char>(large)).get() == large);
    const auto result = [] { return std::vector<char>(large); };
    pool.submit(closes_all).wait();
    CHECK(value_or(pool.submit(result), std::vector<char>(large)).size() == large);
    CHECK(pool.submit(result).get().size() == large);
}

TEST_CASE("a coroutine behind a job that closed all descriptors hangs none") {
    ipc::process_pool pool(1);
    CHECK(pool.submit(sleeps).get() == 3);  // so that it has something to close
    pool.submit(closes_all).wait();
    CHECK(value_or(pool.submit(sleeps), 3) == 3);
    CHECK(pool.submit(sleeps).get() == 3);
}

TEST_CASE("a job that forks and returns twice answers once, and its copy ends") {
    for (const auto method : {ipc::start_method::fork_server, ipc::start_method::spawn}) {
        ipc::process_pool pool(workers_by(method, 1));
        for (int i = 0; i < 3; ++i) {
            const pid_t copy = pool.submit([] { return ::fork(); }).get();
            CHECK(copy > 0);
            CHECK(pool.submit(twice, 4).get() == 8);
            CHECK(pool.submit(copy_ends_well, copy).get());
        }
    }
}

TEST_CASE("the same if what it returns is large, or an exception") {
    ipc::process_pool pool(1);
    const auto forks = [](std::size_t size) { return std::vector<int>(size, ::fork()); };
    const auto throws = [](int) -> int { throw std::domain_error(std::to_string(::fork())); };
    for (int i = 0; i < 10; ++i) {
        const std::vector<int> result = pool.submit(forks, large).get();
        CHECK(result.front() > 0);
        CHECK(result == std::vector<int>(large, result.front()));
        CHECK(pool.submit(copy_ends_well, result.front()).get());
        try {
            pool.submit(throws, 0).get();
            FAIL_CHECK("it has thrown nothing");
        } catch (const std::domain_error& error) {
            CHECK(pool.submit(copy_ends_well, std::stoi(error.what())).get());
        }
    }
}

TEST_CASE("the same if it is a coroutine") {
    const auto forks = []() -> bobbin::task<pid_t> {
        co_await bobbin::sleep_for(1ms);
        co_return ::fork();
    };
    ipc::process_pool pool(1);
    for (int i = 0; i < 3; ++i) {
        const pid_t copy = pool.submit(forks).get();
        CHECK(copy > 0);
        // With a message.
        CHECK(pool.submit([](pid_t child) { return ::waitpid(child, nullptr, 0); }, copy).get() ==
              copy);
    }
}

TEST_CASE("a job in which a thread ends itself is done") {
    ipc::process_pool pool(1);
    const auto job = pool.submit([] {
        pthread_t thread{};
        const auto run = [](void*) -> void* { ::pthread_exit(nullptr); };
        if (::pthread_create(&thread, nullptr, run, nullptr) != 0) return 1;
        return ::pthread_join(thread, nullptr);
    });
    CHECK(job.get() == 0);
    CHECK(pool.submit(twice, 4).get() == 8);
}

TEST_CASE("a worker that has a session of its own works on, and ends with its pool") {
    pid_t worker = -1;
    {
        ipc::process_pool pool(1);
        worker = pool.submit([] { return ::setsid(); }).get();
        CHECK(worker > 0);
        CHECK(pool.submit(pid_there).get() == worker);
    }
    CHECK(await_end(worker));
}

TEST_CASE("an alarm ends the job in which it comes, and no later one") {
    ipc::process_pool pool(1);
    const auto sets_an_alarm = [](bool waits) {
        ::ualarm(1000, 0);
        while (waits) ::pause();
    };
    const auto death = death_of(pool.submit(sets_an_alarm, true));
    CHECK(death.status()->signal == SIGALRM);
    CHECK(contains(death.what(), "Alarm clock"));
    const pid_t worker = pool.submit(pid_there).get();
    pool.submit(sets_an_alarm, false).wait();
    REQUIRE(await_end(worker));
    CHECK(pool.submit(twice, 4).get() == 8);
}

TEST_CASE("a job that becomes another program ends with that") {
    ipc::process_pool pool(1);
    const auto becomes = [](const std::string& command) {
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    };
    CHECK(death_of(pool.submit(becomes, std::string("exit 4"))).status()->code == 4);
    CHECK(pool.submit(twice, 4).get() == 8);
    CHECK(death_of(pool.submit(becomes, std::string("kill -9 $$"))).status()->signal == SIGKILL);
    CHECK(pool.submit(twice, 4).get() == 8);
}
