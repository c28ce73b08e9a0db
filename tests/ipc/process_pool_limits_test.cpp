// Goal: each limit of a process (of its descriptors, files, time, memory, stack, processes) that an
// application, its server or a worker meets ends in an error that says so, or changes nothing; and
// nothing hangs, or goes on failing when the limit has gone.
#include "pool_programs.hpp"
#include "spoilt_application.hpp"
#include "workers.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/task.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 100'000;

std::size_t count(const std::vector<char>& all) {
    return all.size();
}
inline constexpr bobbin::fn<&count> counts;
std::vector<char> make(std::size_t size) {
    return std::vector<char>(size, 'x');
}
inline constexpr bobbin::fn<&make> makes;

// 0 if nothing was thrown.
template <class F>
int error_of(F does) {
    try {
        does();
        return 0;
    } catch (const std::system_error& error) {
        return error.code().value();
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    }
}

// Why the pool has no worker when its only one has been killed, and the server, whose limit the
// next ones would have, is given that one. Empty: it has one.
std::string reason_for_none(ipc::process_pool& pool, __rlimit_resource what, rlim_t most) {
    const pid_t server = pool.submit(server_of_worker).get();
    limit(server, what, most);
    death_of(pool.submit([] { ::raise(SIGKILL); }));
    try {
        static_cast<void>(pool.submit(twice, 4).get());
        return {};
    } catch (const ipc::pool_broken& error) {
        return error.what();
    }
}

constexpr std::array served{ipc::start_method::fork_server, ipc::start_method::spawn};

}  // namespace

// --- descriptors ---

TEST_CASE("a worker without a descriptor for a large argument fails that job, and no later one") {
    ipc::process_pool pool(1);
    const pid_t worker = pool.submit(pid_there).get();
    const std::vector<char> argument(large);
    limit(worker, RLIMIT_NOFILE, 3);
    for (int i = 0; i < 2; ++i)
        CHECK(error_of([&] { pool.submit(counts, argument).get(); }) == EMFILE);
    limit(worker, RLIMIT_NOFILE, 1000);
    CHECK(pool.submit(counts, argument).get() == large);
    CHECK(pool.submit(pid_there).get() == worker);
}

TEST_CASE("the same for a shared object, which later jobs name again") {
    ipc::process_pool pool(1);
    const pid_t worker = pool.submit(pid_there).get();
    const ipc::shared_value<int> value(7);
    const auto reads = [](const ipc::shared_value<int>& from) { return from.load(); };
    limit(worker, RLIMIT_NOFILE, 3);
    for (int i = 0; i < 3; ++i) CHECK(error_of([&] { pool.submit(reads, value).get(); }) == EMFILE);
    limit(worker, RLIMIT_NOFILE, 1000);
    CHECK(pool.submit(reads, value).get() == 7);
    CHECK(pool.submit(pid_there).get() == worker);
}

TEST_CASE("the same for a coroutine, when a thread reads what comes") {
    const auto sleeps_and_counts = [](const std::vector<char>& all) -> bobbin::task<std::size_t> {
        co_await bobbin::sleep_for(1ms);
        co_return all.size();
    };
    ipc::process_pool pool(1);
    CHECK(pool.submit(sleeps_and_counts, std::vector<char>(1)).get() == 1);
    const pid_t worker = pool.submit(pid_there).get();
    limit(worker, RLIMIT_NOFILE, 3);
    const auto job = pool.submit(sleeps_and_counts, std::vector<char>(large));
    CHECK(error_of([&] { job.get(); }) == EMFILE);
    limit(worker, RLIMIT_NOFILE, 1000);
    CHECK(pool.submit(sleeps_and_counts, std::vector<char>(large)).get() == large);
}

TEST_CASE("a job that times out without its arguments has its own name in the error") {
    ipc::process_pool pool(1);
    const std::vector<char> argument(large);
    // It is chance who notices first that the time is up: nearly always it is the worker, which has
    // had another job before, whose name must not be told.
    for (int i = 0; i < 20; ++i) {
        limit(pool.submit(pid_there).get(), RLIMIT_NOFILE, 3);
        const auto job = pool.submit({.timeout = 1ns}, counts, argument);
        try {
            job.get();
            FAIL_CHECK("its time was up");
        } catch (const bobbin::timed_out& error) {
            CHECK(contains(error.what(), "::count took longer"));
        }
    }
}

TEST_CASE(
    "an application without a descriptor for a large result fails that job, and no later one") {
    CHECK(run_application([] {
              ipc::process_pool pool(1);
              const pid_t worker = pool.submit(pid_there).get();
              limit(0, RLIMIT_NOFILE, 3);
              for (int i = 0; i < 2; ++i)
                  if (error_of([&] { pool.submit(makes, large).get(); }) != EMFILE) return 1;
              limit(0, RLIMIT_NOFILE, 1000);
              if (pool.submit(makes, large).get() != make(large)) return 2;
              return pool.submit(pid_there).get() == worker ? 0 : 3;
          }) == 0);
}

TEST_CASE("an application without a descriptor for a process starts none") {
    CHECK(run_application([] {
              ipc::process([] { return 0; }).join();  // so that the server is there
              const auto before = descriptors();
              int refusals = 0;
              for (rlim_t most = 3;; ++most) {
                  limit(0, RLIMIT_NOFILE, most);
                  const int error = error_of([] { ipc::process([] { return 0; }).join(); });
                  limit(0, RLIMIT_NOFILE, 1000);
                  if (error == 0) break;
                  if (error != EMFILE) return 1;
                  if (descriptors() != before) return 2;
                  ++refusals;
              }
              return refusals > 2 ? 0 : 3;
          }) == 0);
}

// --- files ---

TEST_CASE("memory beyond the limit for files is refused, by no signal") {
    CHECK(run_application([] {
              limit(0, RLIMIT_FSIZE, large);
              if (error_of([] { ipc::segment::create(large); }) != 0) return 1;
              if (error_of([] { ipc::segment::create(2 * large); }) != EFBIG) return 2;
              const std::string name = "bobbin-limit-" + std::to_string(::getpid());
              if (error_of([&] { ipc::segment::create_named(name, 2 * large); }) != EFBIG) return 3;
              if (ipc::segment::remove_named(name)) return 4;
              if (error_of([] { ipc::process_pool pool(1); }) != EFBIG) return 5;
              try {
                  ipc::segment::create(2 * large);
              } catch (const std::system_error& error) {
                  return contains(error.what(), "ulimit -f") ? 0 : 6;
              }
              return 7;
          }) == 0);
}

TEST_CASE("a worker whose large result is beyond the limit for files fails that job") {
    ipc::process_pool pool(1);
    const pid_t worker = pool.submit(pid_there).get();
    limit(worker, RLIMIT_FSIZE, large / 2);
    CHECK(error_of([&] { pool.submit(makes, large).get(); }) == EFBIG);
    limit(worker, RLIMIT_FSIZE, RLIM_INFINITY);
    CHECK(pool.submit(makes, large).get() == make(large));
    CHECK(pool.submit(pid_there).get() == worker);
}

// --- signals ---

TEST_CASE("a job that uses up its worker's processor time ends with that signal's name") {
    ipc::process_pool pool(1);
    const auto death = death_of(pool.submit([] {
        limit(0, RLIMIT_CPU, 1);
        for (;;) static_cast<void>(::getpid());
    }));
    CHECK(death.status()->signal == SIGXCPU);
    CHECK(contains(death.what(), "CPU time limit exceeded"));
    CHECK(pool.submit(twice, 4).get() == 8);
}

TEST_CASE("a job that writes to nobody ends with that signal's name") {
    ipc::process_pool pool(1);
    const auto death = death_of(pool.submit([] {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) return;
        ::close(ends[0]);
        static_cast<void>(!::write(ends[1], "x", 1));
    }));
    CHECK(death.status()->signal == SIGPIPE);
    CHECK(contains(death.what(), "Broken pipe"));
    CHECK(pool.submit(twice, 4).get() == 8);
}

// --- memory ---

TEST_CASE("a worker without address space fails the jobs that need more, and no later one") {
    if (is_sanitized) return;
    ipc::process_pool pool(1);
    const pid_t worker = pool.submit(pid_there).get();
    const auto coroutine = []() -> bobbin::task<int> { co_return 3; };
    const std::vector<char> argument(100 * large);
    limit(worker, RLIMIT_AS, 1);
    CHECK(error_of([&] { pool.submit(counts, argument).get(); }) == ENOMEM);
    CHECK(error_of([&] { pool.submit(makes, 100 * large).get(); }) == ENOMEM);
    CHECK(error_of([&] { pool.submit(coroutine).get(); }) != 0);
    CHECK(pool.submit(twice, 4).get() == 8);
    limit(worker, RLIMIT_AS, RLIM_INFINITY);
    CHECK(pool.submit(counts, argument).get() == 100 * large);
    CHECK(pool.submit(makes, 100 * large).get() == make(100 * large));
    CHECK(pool.submit(coroutine).get() == 3);
    CHECK(pool.submit(pid_there).get() == worker);
}

TEST_CASE("a worker without address space for its job ring is tried again with time between") {
    CHECK(run_application([] {
              ipc::process_pool pool(1);
              const auto why = reason_for_none(pool, RLIMIT_AS, 1);
              return contains(why, "a worker could not be started") &&
                             contains(why, "Cannot allocate memory")
                         ? 0
                         : 1;
          }) == 0);
}

TEST_CASE("an application without address space has no pool, or one that works") {
    if (is_sanitized) return;
    CHECK(run_application([] {
              ipc::process([] { return 0; }).join();
              limit(0, RLIMIT_AS, 1);
              const int error = error_of([] {
                  ipc::process_pool pool(1);
                  static_cast<void>(pool.submit(twice, 4).get());
              });
              limit(0, RLIMIT_AS, RLIM_INFINITY);
              ipc::process_pool pool(1);
              return error != 0 && pool.submit(twice, 4).get() == 8 ? 0 : 1;
          }) == 0);
}

// --- processes, stacks ---

TEST_CASE("a user who may have no more processes has no pool, or one that works") {
    if (::getuid() != 0) return;  // to become somebody for whom the limit holds
    constexpr int is_refused = 5;
    const auto makes_a_pool = [](rlim_t most) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
        limit(0, RLIMIT_NPROC, most);
        try {
            ipc::process_pool pool(2);
            return pool.submit(twice, 4).get() == 8 ? 0 : 2;
        } catch (const std::system_error& error) {
            return error.code().value() == EAGAIN ? is_refused : 3;
        } catch (const ipc::pool_broken& error) {
            return contains(error.what(), "could not be started") ? is_refused : 4;
        }
    };
    CHECK(run_application([=] {
              const descendants all;
              int end = is_refused;
              // A server keeps the limit that it was started with, so each has its own application.
              for (rlim_t most = 1; most < 20 && end == is_refused; ++most) {
                  end = in_child([=] { return makes_a_pool(most); }).exit_code;
                  if (!all.all_end_within(20s)) return 6;  // or they would count, too
              }
              return end;
          }) == 0);
}

TEST_CASE("a pool works with small stacks") {
    if (is_sanitized) return;
    for (const auto method : served) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  limit(0, RLIMIT_STACK, 65'536);
                  ipc::process_pool pool(workers_by(method, 2));
                  if (pool.submit(twice, 4).get() != 8) return 1;
                  if (pool.submit(counts, std::vector<char>(large)).get() != large) return 2;
                  const auto sleeps = []() -> bobbin::task<int> {
                      co_await bobbin::sleep_for(1ms);
                      co_return 3;
                  };
                  if (pool.submit(sleeps).get() != 3) return 3;
                  return ipc::process([] { return 4; }).join().code == 4 ? 0 : 4;
              }) == 0);
    }
}
