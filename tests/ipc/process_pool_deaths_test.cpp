// Goal: whatever workers and servers die of, and when, it costs the jobs that had begun; each says
// what it died of, all others are done, and the pool goes on.
#include "../runtime/child_process.hpp"
#include "../runtime/ledger.hpp"
#include "workers.hpp"

#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <new>
#include <random>
#include <set>
#include <string>
#include <sys/resource.h>
#include <vector>

using namespace test;

namespace {

constexpr std::array both{ipc::start_method::fork_server, ipc::start_method::spawn};

enum class way { kill, segv, abort, terminate, exit_0, exit_42, quick_exit };

int die(way how) {
    switch (how) {
        case way::kill:
            return ::raise(SIGKILL);
        case way::segv:
            return ::raise(SIGSEGV);
        case way::abort:
            std::abort();
        case way::terminate:
            std::terminate();
        case way::exit_0:
            std::exit(0);
        case way::exit_42:
            ::_exit(42);
        case way::quick_exit:
            std::quick_exit(3);
    }
    return 0;
}
inline constexpr bobbin::fn<&die> dies;

ipc::exit_status end_by(way how) {
    switch (how) {
        case way::kill:
            return {.code = 0, .signal = SIGKILL};
        case way::segv:
            return {.code = 0, .signal = SIGSEGV};
        case way::abort:
        case way::terminate:
            return {.code = 0, .signal = SIGABRT};
        case way::exit_0:
            return {};
        case way::exit_42:
            return {.code = 42, .signal = 0};
        case way::quick_exit:
            return {.code = 3, .signal = 0};
    }
    return {};
}

// Notes its process and waits at the waypoint.
int stay(const std::string& pids, const std::string& gate) {
    record(pids, ::getpid());
    stop_at(gate);
    return ::getpid();
}
inline constexpr bobbin::fn<&stay> stays;

// Takes all memory that it can get, and uses it.
void take_memory() {
    for (;;) {
        constexpr std::size_t piece = std::size_t{1} << 20U;
        auto* const memory = new char[piece];
        for (std::size_t i = 0; i < piece; i += 512)
            const_cast<volatile char*>(memory)[i] = 1;  // or nobody would see it written
    }
}

}  // namespace

TEST_CASE("a death names the worker, its signal or code, the job, its callable and the attempt") {
    for (const auto method : both) {
        ipc::process_pool pool(workers_by(method, 1));
        std::uint64_t last_job = 0;
        for (const auto how : {way::kill, way::segv, way::abort, way::terminate, way::exit_0,
                               way::exit_42, way::quick_exit}) {
            if (how == way::segv && is_sanitized) continue;  // which exits then
            CAPTURE(static_cast<int>(how));
            const int worker = pool.submit(pid_there).get();
            const auto job = pool.submit(dies, how);
            const auto after = pool.submit(twice, 4);  // sent along with it, perhaps
            const auto death = death_of(job);
            CHECK(death.worker() == worker);
            CHECK(death.status() == end_by(how));
            CHECK(death.job() > last_job);
            CHECK(death.attempt() == 1);
            last_job = death.job();
            const std::string text = death.what();
            CHECK(contains(text, std::to_string(worker)));
            CHECK(contains(text, "job " + std::to_string(last_job)));
            const auto end = end_by(how);
            CHECK(contains(text, end.signal != 0 ? "signal " + std::to_string(end.signal)
                                                 : "code " + std::to_string(end.code)));
            CHECK(contains(death.callable(), "die"));
            CHECK(contains(text, death.callable()));
            CHECK(after.get() == 8);
        }
    }
}

TEST_CASE("a job that dies at each attempt fails with the last one's death") {
    const ledger seen;
    ipc::process_pool pool(2);
    const auto job = pool.submit(
        {.retries = 2},
        [](const std::string& path) {
            record(path, ::getpid());
            return ::raise(SIGKILL);
        },
        seen.path());
    CHECK(death_of(job).attempt() == 3);
    const auto pids = seen.entries();
    CHECK(pids.size() == 3);
    CHECK(std::set<int>(pids.begin(), pids.end()).size() == 3);
    CHECK(pids.back() == death_of(job).worker());
}

TEST_CASE("when the kernel kills a worker for its memory, the error says that it may be that") {
    const std::string folder = "/sys/fs/cgroup/memory/bobbin-oom-" + std::to_string(::getpid());
    std::error_code none;
    std::filesystem::create_directory(folder, none);
    if (none || !(std::ofstream(folder + "/memory.limit_in_bytes") << (32U << 20U)).flush()) {
        MESSAGE("no control groups of its own are allowed here");
        return;
    }
    {
        ipc::process_pool pool(1);
        const auto job = pool.submit(
            [](const std::string& group) {
                if (!(std::ofstream(group + "/cgroup.procs") << ::getpid()).flush()) return;
                take_memory();
            },
            folder);
        const auto death = death_of(job);
        CHECK(death.status() == end_by(way::kill));
        CHECK(contains(death.what(), "possibly out of memory"));
        CHECK(pool.submit(twice, 4).get() == 8);
    }
    std::filesystem::remove(folder, none);
}

TEST_CASE("a job that finds no memory fails with std::bad_alloc, and its worker goes on") {
    if (is_sanitized) return;  // which ends the process when there is no memory
    ipc::process_pool pool(1);
    const int worker = pool.submit(pid_there).get();
    const auto job = pool.submit([] {
        rlimit limit{};
        ::getrlimit(RLIMIT_AS, &limit);
        const rlimit before = limit;
        limit.rlim_cur = rlim_t{64} << 20U;
        ::setrlimit(RLIMIT_AS, &limit);
        try {
            take_memory();
        } catch (const std::bad_alloc&) {
            ::setrlimit(RLIMIT_AS, &before);
            throw;
        }
    });
    CHECK_THROWS_AS(job.get(), std::bad_alloc);
    CHECK(pool.submit(pid_there).get() == worker);
}

TEST_CASE(
    "when all workers die at once, each one's job fails for itself, and those that wait run") {
    constexpr unsigned count = 5;
    for (const auto method : both) {
        const ledger pids;
        ipc::process_pool pool(workers_by(method, count));
        const waypoint gate;
        std::vector<bobbin::job<int>> jobs;
        for (unsigned i = 0; i < count; ++i)
            jobs.push_back(pool.submit(stays, pids.path(), gate.path()));
        REQUIRE(gate.await_arrivals(count));
        std::vector<bobbin::job<int>> waiting;
        for (int i = 0; i < 20; ++i) waiting.push_back(pool.submit(twice, i));
        for (const int pid : pids.entries()) kill_now(pid);

        std::set<int> died;
        std::set<std::uint64_t> numbers;
        for (const auto& each : jobs) {
            const auto death = death_of(each);
            died.insert(death.worker());
            numbers.insert(death.job());
            CHECK(death.status() == end_by(way::kill));
        }
        const auto killed = pids.entries();
        CHECK(died == std::set<int>(killed.begin(), killed.end()));
        CHECK(numbers.size() == count);
        for (int i = 0; i < 20; ++i) CHECK(waiting[static_cast<std::size_t>(i)].get() == 2 * i);
    }
}

TEST_CASE("when all idle workers are killed, no job notices") {
    constexpr unsigned count = 3;
    const ledger pids;
    ipc::process_pool pool(count);
    {
        waypoint gate;
        std::vector<bobbin::job<int>> jobs;
        for (unsigned i = 0; i < count; ++i)
            jobs.push_back(pool.submit(stays, pids.path(), gate.path()));
        REQUIRE(gate.await_arrivals(count));
        gate.open();
        for (const auto& each : jobs) each.wait();
    }
    for (const int pid : pids.entries()) kill_now(pid);
    // At once, while the pool may not know yet.
    const auto ends = bobbin::sync_wait(pool.map(twice, std::vector<int>(100, 3)));
    CHECK(std::ranges::count(ends, 6) == 100);
}

TEST_CASE("when the server dies, jobs that had begun fail with an unknown end, others are done") {
    for (const auto method : both) {
        const ledger pids;
        ipc::process_pool pool(workers_by(method, 2));
        const int server = pool.submit(server_of_worker).get();
        const waypoint gate;
        std::vector<bobbin::job<int>> jobs;
        for (int i = 0; i < 2; ++i) jobs.push_back(pool.submit(stays, pids.path(), gate.path()));
        REQUIRE(gate.await_arrivals(2));
        std::vector<bobbin::job<int>> waiting;
        for (int i = 0; i < 20; ++i) waiting.push_back(pool.submit(twice, i));
        kill_now(server);
        for (const auto& each : jobs) {
            const auto death = death_of(each);
            CHECK(pids.has(death.worker()));
            CHECK_FALSE(death.status().has_value());
            CHECK(contains(death.what(), "died with the fork server"));
        }
        for (int i = 0; i < 20; ++i) CHECK(waiting[static_cast<std::size_t>(i)].get() == 2 * i);
        CHECK(pool.submit(server_of_worker).get() != server);
    }
}

TEST_CASE("no job is done twice when the server dies, at whatever moment") {
    constexpr int rounds = 20;
    constexpr int jobs = 500;
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        const ledger seen;
        ipc::process_pool pool(2);
        const int server = pool.submit(server_of_worker).get();
        std::vector<bobbin::job<int>> all;
        const int moment = std::uniform_int_distribution(0, jobs - 1)(random);
        for (int i = 0; i < jobs; ++i) {
            if (i == moment) {
                kill_now(server);
                // Killed is not dead yet: in half of the rounds that comes later, if at all.
                if (round % 2 == 0) REQUIRE(await_end(server));
            }
            all.push_back(pool.submit(
                [](const std::string& path, int number) {
                    record(path, number);
                    return number;
                },
                seen.path(), i));
        }
        int failed = 0;
        for (const auto& each : all) {
            each.wait();
            if (each.failed()) ++failed;
        }
        CHECK(failed <= 2);
        auto done = seen.entries();
        std::ranges::sort(done);
        const bool any_twice = std::ranges::adjacent_find(done) != done.end();
        CHECK_FALSE(any_twice);
        CHECK(static_cast<int>(done.size()) >= jobs - failed);
    }
}

TEST_CASE("a lock that a worker dies with is surfaced to the next who takes it") {
    // Workers that are copies have what their application has; it must have no other thread.
    const auto end = in_child([] {
        static ipc::mutex lock;
        static ipc::shared_value<int> value(1);
        ipc::process_pool pool(workers_by(ipc::start_method::fork, 2));
        const auto job = pool.submit([] {
            lock.lock();
            value.store(2);
            ::raise(SIGKILL);
        });
        if (death_of(job).status() != end_by(way::kill)) return 1;
        try {
            lock.lock();
            return 2;
        } catch (const ipc::owner_died&) {
        }
        lock.recover();
        lock.unlock();
        return pool.submit([] {
                       lock.lock();
                       lock.unlock();
                       return value.load();
                   }).get() == 2
                   ? 0
                   : 3;
    });
    CHECK(end.exit_code == 0);
}
