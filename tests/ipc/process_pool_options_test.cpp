// What a pool's options do to its workers.
#include "workers.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/default_pool.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

using namespace bobbin;
using namespace std::chrono_literals;

namespace {

int word = 0;
void set_word(int value) {
    word = value;
}
int get_word() {
    return word;
}
int pid_there() {
    return ::getpid();
}

task<int> sleeps_until_stopped() {
    co_await sleep_for(1h);
    co_return 1;
}

task<int> hears_nothing(ipc::event begun) {
    begun.set();
    ::pause();
    co_return 1;
}

void take(std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}
int takes_too_long(ipc::event done) {
    take(20ms);
    done.set();
    return 1;
}

std::string variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? "none" : value;
}

}  // namespace

TEST_CASE("each worker is initialised before its jobs, and so is each that comes after it") {
    ipc::process_pool_options options(2);
    options.initializer = ipc::initializer(fn<&set_word>(), 7);
    ipc::process_pool pool(options);
    for (const int each : sync_wait(pool.map([](int) { return word; }, std::vector<int>(50))))
        CHECK(each == 7);
    CHECK_THROWS_AS(pool.submit([] { ::raise(SIGKILL); }).get(), ipc::worker_died);
    for (int i = 0; i < 10; ++i) CHECK(pool.submit(fn<&get_word>()).get() == 7);
}

TEST_CASE("an initializer that throws breaks the pool, which says why") {
    ipc::process_pool_options options(2);
    options.initializer = ipc::initializer([] { throw std::runtime_error("no licence"); });
    ipc::process_pool pool(options);
    CHECK_THROWS_WITH_AS(pool.submit(fn<&get_word>()).get(), doctest::Contains("no licence"),
                         ipc::pool_broken);
    CHECK_THROWS_AS(static_cast<void>(pool.submit(fn<&get_word>())), ipc::pool_broken);
}

TEST_CASE("a worker does no more jobs than it may, and no job is lost or done twice") {
    ipc::process_pool_options options(2);
    options.max_tasks_per_worker = 10;
    ipc::process_pool pool(options);
    const ipc::shared_value<int> done(0);
    const auto job = [](ipc::shared_value<int> count) {
        ++count;
        return ::getpid();
    };
    const auto pids = sync_wait(pool.map(job, std::vector(200, done)));
    CHECK(done.load() == 200);
    std::map<int, int> by_worker;
    for (const int pid : pids) ++by_worker[pid];
    CHECK(by_worker.size() >= 20);
    for (const auto& [pid, count] : by_worker) CHECK(count <= 10);
}

TEST_CASE("jobs that are taken back are none that a worker has done") {
    ipc::process_pool_options options(1);
    options.max_tasks_per_worker = 10;
    ipc::process_pool pool(options);
    const int worker = pool.submit(fn<&pid_there>()).get();
    for (int i = 0; i < 4; ++i) {
        ipc::event go;
        const auto waits = pool.submit([](ipc::event until) { until.wait(); }, go);
        CHECK(pool.submit(fn<&pid_there>()).cancel());
        go.set();
        waits.get();
        CHECK(pool.submit(fn<&pid_there>()).get() == worker);
    }
}

TEST_CASE("a worker that has grown too large is replaced after its job") {
    ipc::process_pool_options options(1);
    options.max_rss = std::size_t{200} << 20U;
    ipc::process_pool pool(options);
    const int first = pool.submit(fn<&pid_there>()).get();
    const auto grows = [] {
        static std::vector<char> kept;
        kept.assign(std::size_t{250} << 20U, 'x');
        return ::getpid();
    };
    CHECK(pool.submit(grows).get() == first);
    CHECK(pool.submit(fn<&pid_there>()).get() != first);
}

TEST_CASE("workers without a job end after a while, and the next job starts them again") {
    ipc::process_pool_options options(2);
    options.idle_timeout = 20ms;
    options.initializer = ipc::initializer(fn<&set_word>(), 5);
    ipc::process_pool pool(options);
    for (int i = 0; i < 3; ++i) {
        const int pid = pool.submit(fn<&pid_there>()).get();
        CHECK(test::await_end(pid));
        CHECK(pool.submit(fn<&get_word>()).get() == 5);
    }
}

TEST_CASE("a coroutine whose time is up and that stops in time leaves its worker alive") {
    ipc::process_pool_options options(1);
    options.grace = 30s;
    ipc::process_pool pool(options);
    const int pid = pool.submit(fn<&pid_there>()).get();
    const auto late = pool.submit({.timeout = 10ms}, fn<&sleeps_until_stopped>());
    CHECK_THROWS_AS(late.get(), timed_out);
    CHECK(pool.submit(fn<&pid_there>()).get() == pid);
}

TEST_CASE("one that does not stop goes with its worker, whatever that does to SIGTERM") {
    ipc::process_pool_options options(1);
    options.grace = 10ms;
    ipc::process_pool pool(options);
    // The job's time may be up before it has come to its first line: then it is tried again.
    for (bool has_begun = false; !has_begun;) {
        const ipc::event begun;
        const int pid = pool.submit(fn<&pid_there>()).get();
        pool.submit([] { ::signal(SIGTERM, SIG_IGN); }).get();
        const auto late = pool.submit({.timeout = 10ms}, fn<&hears_nothing>(), begun);
        CHECK_THROWS_AS(late.get(), timed_out);
        const bool is_alive = pool.submit(fn<&pid_there>()).get() == pid;
        has_begun = begun.is_set();
        CHECK_FALSE((is_alive && has_begun));
    }
}

TEST_CASE("a worker whose job's time is up can still tidy up at SIGTERM") {
    ipc::process_pool_options options(1);
    options.grace = 30s;
    ipc::process_pool pool(options);
    static const ipc::event* tidy = nullptr;
    const ipc::event tidied;
    const auto will_tidy = [](const ipc::event& at_end) {
        static const ipc::event kept = at_end;
        tidy = &kept;
        ::signal(SIGTERM, [](int) {
            ipc::event(*tidy).set();
            ::_exit(0);
        });
    };
    pool.submit(will_tidy, tidied).get();
    const auto late = pool.submit({.timeout = 10ms}, [] {
        for (;;) ::pause();
    });
    CHECK_THROWS_AS(late.get(), timed_out);
    tidied.wait();
}

TEST_CASE("a job's time begins when its worker begins it") {
    ipc::process_pool pool(1);
    const int worker = pool.submit(fn<&pid_there>()).get();
    ::kill(worker, SIGSTOP);
    REQUIRE(test::await_state(worker, 'T'));
    const auto job = pool.submit({.timeout = 1ms}, fn<&get_word>());
    take(20ms);
    CHECK(job.pending());
    CHECK(job.cancel());
    ::kill(worker, SIGCONT);
    CHECK(pool.submit(fn<&pid_there>()).get() == worker);
}

TEST_CASE("a job that has taken too long has failed, whenever that is noticed") {
    ipc::process_pool pool(1);
    const int worker = pool.submit(fn<&pid_there>()).get();
    ipc::event begin;
    ipc::event look;
    const auto first = pool.submit([](const ipc::event& there) { there.wait(); }, begin);
    // The thread that would notice has something else to do.
    first.on_done([&](const auto& /*job*/) { look.wait(); });
    const ipc::event done;
    begin.set();
    const auto late = pool.submit({.timeout = 1ms}, fn<&takes_too_long>(), done);
    done.wait();
    CHECK(test::await_sleep(worker));  // as it has answered
    look.set();
    CHECK_THROWS_AS(late.get(), timed_out);
}

TEST_CASE("a pool that ends does not wait for a time of grace") {
    ipc::process_pool_options options(1);
    options.grace = 1h;  // longer than a test may take
    ipc::process_pool pool(options);
    pool.submit([] { ::signal(SIGTERM, SIG_IGN); }).get();
    const auto late = pool.submit({.timeout = 10ms}, fn<&hears_nothing>(), ipc::event());
    CHECK_THROWS_AS(late.get(), timed_out);
}

TEST_CASE(
    "numerical libraries and the default pool in a worker have its share of the processors, unless "
    "told otherwise") {
    ipc::process_pool_options options(2);
    options.environment = {"MKL_NUM_THREADS=5"};
    ::unsetenv("OMP_NUM_THREADS");
    ::unsetenv("BOBBIN_THREADS");
    ipc::process_pool pool(options);
    const auto share = std::to_string(std::max(1U, available_parallelism() / 2));
    CHECK(pool.submit(fn<&variable>(), std::string("OMP_NUM_THREADS")).get() == share);
    CHECK(pool.submit(fn<&variable>(), std::string("OPENBLAS_NUM_THREADS")).get() == share);
    CHECK(pool.submit(fn<&variable>(), std::string("MKL_NUM_THREADS")).get() == "5");
    CHECK(pool.submit([] { return bobbin::default_pool().size(); }).get() ==
          std::max(1U, available_parallelism() / 2));
}

TEST_CASE("what workers print is had line by line, the last one of a worker too") {
    std::map<pid_t, std::vector<std::string>> lines;
    int pid = 0;
    {
        ipc::process_pool_options options(1);
        options.output = ipc::output::capture;
        options.on_output = [&](pid_t worker, std::string_view line) {
            lines[worker].emplace_back(line);
        };
        ipc::process_pool pool(options);
        pid = pool.submit([] {
                      std::printf("one\ntw");
                      std::fflush(stdout);
                      std::fprintf(stderr, "o\n");
                      std::printf("three");
                      return ::getpid();
                  })
                  .get();
    }
    CHECK(lines.size() == 1);
    CHECK(lines[pid] == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("what workers print is had to its end, whatever a line's function leaves in errno") {
    constexpr int many = 2000;  // of 20 bytes: more than is read at a time, less than a pipe holds
    int came = 0;
    {
        ipc::process_pool_options options(1);
        options.output = ipc::output::capture;
        options.on_output = [&](pid_t worker, std::string_view) {
            // All that is left is read when the worker is seen to have ended.
            if (came++ == 0) CHECK(test::await_end(worker));
            errno = EAGAIN;
        };
        ipc::process_pool pool(options);
        const auto job = pool.submit({.retries = 0}, [] {
            for (int i = 0; i < many; ++i) std::printf("%19d\n", i);
            std::fflush(stdout);
            ::_exit(0);
        });
        CHECK_THROWS_AS(job.get(), ipc::worker_died);
    }
    CHECK(came == many);
}

TEST_CASE("output that is captured needs a function that gets it") {
    ipc::process_pool_options options(1);
    options.output = ipc::output::capture;
    CHECK_THROWS_AS(ipc::process_pool{options}, std::invalid_argument);
}

TEST_CASE("a folder or a variable with a NUL in it is refused, as the system would cut it there") {
    ipc::process_pool_options folder({.workers = 1});
    folder.working_directory = std::string("/tmp\0/other", 11);
    CHECK_THROWS_AS(ipc::process_pool{folder}, std::invalid_argument);
    ipc::process_pool_options variable({.workers = 1});
    variable.environment = {std::string("A=1\0B=2", 7)};
    CHECK_THROWS_AS(ipc::process_pool{variable}, std::invalid_argument);
}
