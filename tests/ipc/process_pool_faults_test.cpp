// Goal: a worker may die at every step that it takes with a job: what it has answered counts, the
// job that it had claimed fails, what it had not claimed is done by another. Method: one of the
// jobs makes its worker die at the n-th passage of a fault point from then on; a ledger says which
// jobs were executed.
#include "../runtime/child_process.hpp"
#include "../runtime/ledger.hpp"
#include "workers.hpp"

#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/detail/os/fault_point.hpp>
#include <bobbin/runtime/errors.hpp>

#include <cstdlib>
#include <string>
#include <vector>

using namespace test;

namespace {

constexpr int jobs = 12;

int arm(const std::string& fault) {
    static std::string kept;  // it is read at each fault point
    kept = fault;
    bobbin::detail::arm_fault(kept.c_str());
    return ::getpid();
}
std::string execute(const std::string& path, int number, const std::string& given) {
    record(path, number);
    return given;
}
inline constexpr bobbin::fn<&arm> arms;
inline constexpr bobbin::fn<&execute> executes;

struct tally {
    bool armed = true;   // the arming job has answered
    bool died = false;   // its worker, afterwards
    int failed = 0;      // jobs, that one included
    int unexecuted = 0;  // of those that failed
    int unresolved = 0;  // neither failed nor executed
    int repeated = 0;    // executed more often than they may be
};

tally run(const std::string& fault, unsigned retries, std::size_t size) {
    const ledger seen;
    const std::string given(size, 'g');
    ipc::process_pool pool(1);
    tally sum;
    const int first = pool.submit(pid_there).get();
    const auto arming = pool.submit({.retries = 0}, arms, fault);
    std::vector<bobbin::job<std::string>> all;
    for (int i = 0; i < jobs; ++i)
        all.push_back(pool.submit({.retries = retries}, executes, seen.path(), i, given));
    arming.wait();
    sum.armed = !arming.failed();
    if (arming.failed()) {
        ++sum.failed;
        CHECK(death_of(arming).worker() == first);
    }
    for (int i = 0; i < jobs; ++i) {
        const auto& each = all[static_cast<std::size_t>(i)];
        each.wait();
        const std::size_t times = seen.count(i);
        if (each.failed()) {
            ++sum.failed;
            if (times == 0) ++sum.unexecuted;
            const auto death = death_of(each);
            CHECK(death.worker() == first);
            CHECK(death.status()->signal == SIGKILL);
            CHECK(death.attempt() == 1);
        } else {
            CHECK(each.get().size() == size);
            if (times == 0) ++sum.unresolved;
        }
        if (times > 1 + retries) ++sum.repeated;
    }
    sum.died = pool.submit({.retries = 1}, pid_there).get() != first;
    return sum;
}

constexpr std::size_t small = 10;
constexpr std::size_t large = 100'000;  // crosses in a segment of its own

std::string kill_at(const std::string& point, int passage) {
    return point + ":kill9:n=" + std::to_string(passage);
}

}  // namespace

TEST_CASE("a death before a claim fails no job, one after it that job, one after the answer none") {
    struct expected {
        const char* point;
        int failed;
        int unexecuted;
    };
    for (const auto& [point, failed, unexecuted] :
         {expected{"worker.before_claim", 0, 0}, expected{"worker.claimed", 1, 1},
          expected{"worker.has_run", 1, 0}, expected{"worker.result_written", 1, 0},
          expected{"worker.answered", 0, 0}})
        for (const auto size : {small, large})
            for (int passage = 2; passage <= jobs; ++passage) {
                CAPTURE(point);
                CAPTURE(size);
                CAPTURE(passage);
                const tally sum = run(kill_at(point, passage), 0, size);
                CHECK(sum.died);
                CHECK(sum.armed);
                CHECK(sum.failed == failed);
                CHECK(sum.unexecuted == unexecuted);
                CHECK(sum.unresolved == 0);
                CHECK(sum.repeated == 0);
            }
}

TEST_CASE("with a retry, a death at any of these places fails no job") {
    for (const std::string point : {"worker.before_claim", "worker.claimed", "worker.has_run",
                                    "worker.result_written", "worker.answered"})
        for (int passage = 2; passage <= jobs; passage += 3) {
            CAPTURE(point);
            const tally sum = run(kill_at(point, passage), 1, small);
            CHECK(sum.died);
            CHECK(sum.failed == 0);
            CHECK(sum.unresolved == 0);
            CHECK(sum.repeated == 0);
        }
}

TEST_CASE(
    "a worker that is stopped at any step ends when its job's time has passed, or has done it") {
    for (const std::string point :
         {"worker.claimed", "worker.has_run", "worker.result_written", "worker.answered"}) {
        CAPTURE(point);
        ipc::process_pool pool(1);
        const std::string next = point == "worker.claimed" ? "1" : "2";  // after the arming job
        const int worker = pool.submit(arms, point + ":stop:n=" + next).get();
        const auto job = pool.submit({.timeout = std::chrono::milliseconds(20)}, twice, 4);
        if (point == "worker.answered") {
            CHECK(job.get() == 8);
            REQUIRE(await_state(worker, 'T'));
            ::kill(worker, SIGCONT);
        } else {
            CHECK_THROWS_AS(job.get(), bobbin::timed_out);
        }
        CHECK(pool.submit(twice, 5).get() == 10);
    }
}

TEST_CASE("a death at every step of a worker, one after the other, costs one job at most") {
    int passage = 1;
    for (;; ++passage) {
        CAPTURE(passage);
        const tally sum = run(kill_at("*", passage), 0, passage % 2 == 0 ? small : large);
        CHECK(sum.failed <= 1);
        CHECK(sum.unresolved == 0);
        CHECK(sum.repeated == 0);
        if (!sum.died) break;  // there are no more steps
    }
    CHECK(passage > 5 * jobs);  // all five, in each job
}

TEST_CASE("a pool whose workers all die as they start is broken, says why, and does not go on") {
    const auto end = in_child([] {
        ::setenv("FAULT", "worker.start:kill9", 1);
        ipc::process_pool_options options(2);
        options.restart_intensity.period = std::chrono::seconds(1000);
        ipc::process_pool pool(options);
        const auto job = pool.submit(twice, 4);
        try {
            job.get();
            return 1;
        } catch (const ipc::pool_broken& error) {
            const std::string why = error.what();  // the last two may be seen together
            if (!contains(why, "101 workers have died within 1000 s") &&
                !contains(why, "102 workers have died within 1000 s"))
                return 2;
        }
        try {
            static_cast<void>(pool.submit(twice, 4));
            return 3;
        } catch (const ipc::pool_broken&) {
            return 0;
        }
    });
    CHECK(end.exit_code == 0);
}

TEST_CASE("a worker that dies within a shared queue leaves it to others") {
    // Workers that are copies have what their application has; it must have no other thread.
    const auto end = in_child([] {
        static ipc::shared_queue<int> queue(1024);
        ipc::process_pool pool(workers_by(ipc::start_method::fork, 1));
        int passed = 0;
        for (const std::string point : {"queue.partly_written", "queue.written", "queue.pushed",
                                        "queue.read", "queue.popped"}) {
            const auto job = pool.submit(
                [](const std::string& fault) {
                    arm(fault);
                    queue.put(1);
                    static_cast<void>(queue.get());
                },
                kill_at(point, 1));
            if (death_of(job).status()->signal != SIGKILL) return 100 + passed;
            // Empty, or with what the dead one has put: it can be used, here and there.
            while (queue.try_get().has_value()) {
            }
            queue.put(7);
            if (pool.submit([] { return queue.get(); }).get() != 7) return 200 + passed;
            ++passed;
        }
        return 0;
    });
    CHECK(end.exit_code == 0);
}
