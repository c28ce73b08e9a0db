// Goal: a job may have a pool of its own, to a depth that says that something is wrong; its workers
// end with it.
#include "../runtime/ledger.hpp"
#include "workers.hpp"

#include <bobbin/runtime/sync_wait.hpp>

#include <array>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using namespace test;

namespace {

// Makes pools, each inside a worker of the one before, until one is refused; says how many.
struct nest {
    int operator()(ipc::start_method how) const {
        try {
            ipc::process_pool pool(workers_by(how, 1));
            return 1 + pool.submit(nest(), how).get();
        } catch (const std::logic_error& refused) {
            return contains(refused.what(), "ten deep") ? 0 : -100;
        }
    }
};

int sum_of_doubles(int count) {
    ipc::process_pool pool(2);
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return bobbin::sync_wait(pool.map_reduce(twice, numbers, std::plus<>(), 0));
}
inline constexpr bobbin::fn<&sum_of_doubles> sums;

// A job whose pool has two jobs that wait at the gate.
int hold_inner(const std::string& pids, const std::string& gate) {
    ipc::process_pool inner(2);
    std::vector<bobbin::job<void>> jobs;
    for (int i = 0; i < 2; ++i)
        jobs.push_back(inner.submit(
            [](const std::string& all, const std::string& stop) {
                record(all, ::getpid());
                stop_at(stop);
            },
            pids, gate));
    for (const auto& each : jobs) each.get();
    return 0;
}
inline constexpr bobbin::fn<&hold_inner> holds_inner;

constexpr std::array both{ipc::start_method::fork_server, ipc::start_method::spawn};

}  // namespace

TEST_CASE("jobs may have pools of their own, several at once") {
    for (const auto method : both) {
        ipc::process_pool pool(workers_by(method, 3));
        for (const int sum : bobbin::sync_wait(pool.map(sums, std::vector<int>(6, 100))))
            CHECK(sum == 9900);
    }
}

TEST_CASE("pools inside workers of pools are refused when they are ten deep") {
    for (const auto method : both) CHECK(nest()(method) == 10);
}

TEST_CASE("when a worker is killed, the workers of its job's pool end") {
    for (const auto method : both) {
        const ledger pids;
        ipc::process_pool pool(workers_by(method, 1));
        const int outer = pool.submit(pid_there).get();
        const waypoint gate;
        const auto job = pool.submit(holds_inner, pids.path(), gate.path());
        REQUIRE(gate.await_arrivals(2));
        kill_now(outer);
        CHECK(death_of(job).worker() == outer);
        for (const int inner : pids.entries()) CHECK(await_end(inner));
        CHECK(pool.submit(sums, 100).get() == 9900);
    }
}

TEST_CASE("when an inner worker dies, it is an error of the outer job or none") {
    ipc::process_pool pool(1);
    const int worker = pool.submit(pid_there).get();
    const auto job = pool.submit([] {
        ipc::process_pool inner(1);
        const auto dies = inner.submit([]() -> int { ::_exit(7); });
        const int code = death_of(dies).status()->code;
        dies.get();
        return code;
    });
    // As it was thrown there, an exception of a type that is known here.
    try {
        job.get();
        FAIL("it has no value");
    } catch (const std::runtime_error& error) {
        CHECK(contains(error.what(), "exited with code 7"));
    }
    CHECK(pool.submit(pid_there).get() == worker);
}
