// What a pool's threads call first and last, as thread_pool_options say.
#include "child_process.hpp"
#include "seen_threads.hpp"

#include <bobbin/runtime/cpu_set.hpp>
#include <bobbin/runtime/set_error_handler.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <csignal>
#include <dirent.h>
#include <doctest/doctest.h>
#include <exception>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using bobbin::available_cpus;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using bobbin::thread_pool_options;
using test::child_may_start_threads;
using test::message_of;
using test::seen_threads;

task<int> answer() {
    co_return 42;
}

int count_threads() {
    int count = 0;
    DIR* const tasks = opendir("/proc/self/task");
    while (const dirent* entry = readdir(tasks))
        if (entry->d_name[0] != '.') ++count;
    closedir(tasks);
    return count;
}

std::vector<unsigned> first(unsigned count) {
    std::vector<unsigned> all;
    for (unsigned i = 0; i < count; ++i) all.push_back(i);
    return all;
}

}  // namespace

TEST_CASE(
    "each thread calls on_thread_start before the pool is there, on_thread_stop before its end") {
    for (const unsigned threads : {1U, 2U, 7U}) {
        CAPTURE(threads);
        static thread_local int mark = 0;
        seen_threads started;
        seen_threads stopped;
        std::atomic<int> unmarked = 0;
        {
            thread_pool pool({.threads = threads,
                              .on_thread_start =
                                  [&](unsigned i) {
                                      mark = 7;
                                      started.note(i);
                                  },
                              .on_thread_stop =
                                  [&](unsigned i) {
                                      if (mark != 7) ++unmarked;
                                      stopped.note(i);
                                  }});
            CHECK(started.indices() == first(threads));
            std::vector<bobbin::job<int>> jobs;
            for (int i = 0; i < 100; ++i) jobs.push_back(pool.submit([] { return mark; }));
            for (const auto& each : jobs) CHECK(each.get() == 7);
            CHECK(stopped.indices().empty());
        }
        CHECK(stopped.indices() == first(threads));
        CHECK(stopped.threads() == started.threads());
        CHECK(unmarked == 0);
    }
}

TEST_CASE("on_thread_stop comes after the pool's last work") {
    std::atomic<int> ended = 0;
    std::atomic<int> too_early = 0;
    auto one = [&]() -> task<void> {
        ++ended;
        co_return;
    };
    {
        thread_pool pool({.threads = 3, .on_thread_stop = [&] {
                              if (ended != 200) ++too_early;
                          }});
        for (int i = 0; i < 200; ++i) pool.spawn(one());
    }
    CHECK(too_early == 0);
}

TEST_CASE(
    "what on_thread_start throws the pool's maker gets, and threads that had begun end well") {
    for (const unsigned threads : {1U, 2U, 7U}) {
        CAPTURE(threads);
        const int before = count_threads();
        std::atomic<unsigned> stops = 0;
        std::atomic<bool> stopped_failed = false;
        const auto code = boost::system::errc::make_error_code(boost::system::errc::no_link);
        CHECK_THROWS_AS(thread_pool({.threads = threads,
                                     .on_thread_start =
                                         [&](unsigned i) {
                                             if (i == threads / 2)
                                                 throw boost::system::system_error(code);
                                         },
                                     .on_thread_stop =
                                         [&](unsigned i) {
                                             if (i == threads / 2) stopped_failed = true;
                                             ++stops;
                                         }}),
                        boost::system::system_error);
        CHECK(stops == threads - 1);
        CHECK_FALSE(stopped_failed);
        // One that has been joined may be listed a moment longer.
        while (count_threads() > before) sched_yield();
    }
}

TEST_CASE("where several on_thread_start throw, the pool's maker gets the first") {
    std::atomic<pid_t> first = 0;
    const auto fail = [&](unsigned i) {
        if (i == 1) {
            first = gettid();
            throw std::runtime_error("first");
        }
        // Until that thread is gone.
        while (first == 0 || tgkill(getpid(), first, 0) == 0) sched_yield();
        throw std::runtime_error("second");
    };
    CHECK(message_of<std::runtime_error>({.threads = 2, .on_thread_start = fail}) == "first");
}

TEST_CASE("what on_thread_stop throws goes to the error handler, and the pool ends all the same") {
    static std::atomic<int> reported = 0;
    const auto before = bobbin::set_error_handler([](std::exception_ptr error) noexcept {
        try {
            std::rethrow_exception(std::move(error));
        } catch (const std::exception& e) {
            if (e.what() == std::string("can't stop")) ++reported;
        }
    });
    {
        const thread_pool pool({.threads = 3, .on_thread_stop = [](unsigned i) {
                                    if (i != 1) throw std::runtime_error("can't stop");
                                }});
    }
    bobbin::set_error_handler(before);
    CHECK(reported == 2);
}

TEST_CASE("a pool that can't have all its threads ends those it had with their on_thread_stop") {
    const auto child = test::in_child([] {
        // The limit does not hold for root, and counts all that the user has running: nobody has
        // nothing else.
        if (geteuid() == 0 && setuid(65534) != 0) return 10;
        rlimit few{};
        if (getrlimit(RLIMIT_NPROC, &few) != 0) return 11;
        few.rlim_cur = static_cast<rlim_t>(count_threads() + 5);
        if (setrlimit(RLIMIT_NPROC, &few) != 0) return 11;
        std::atomic<int> started = 0;
        std::atomic<int> stopped = 0;
        try {
            const thread_pool pool({.threads = 40,
                                    .on_thread_start = [&] { ++started; },
                                    .on_thread_stop = [&] { ++stopped; }});
            return 12;
        } catch (const std::system_error&) {
        }
        return started > 0 && started == stopped ? 0 : 13;
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE("a hook may use other pools, wait, and throw away what it made") {
    thread_pool other({.threads = 1});
    std::atomic<int> right = 0;
    const auto use = [&] {
        if (sync_wait(other, answer()) == 42 && sync_wait(answer()) == 42) ++right;
        if (other.submit([] { return 3; }).get() == 3) ++right;
    };
    { const thread_pool pool({.threads = 2, .on_thread_start = use, .on_thread_stop = use}); }
    CHECK(right == 8);
}

TEST_CASE("signals reach the maker of a pool while it waits for its hooks") {
    static std::atomic<bool> came = false;
    const auto before = std::signal(SIGUSR1, [](int) { came = true; });
    const thread_pool pool({.threads = 2, .on_thread_start = [maker = pthread_self()] {
                                pthread_kill(maker, SIGUSR1);
                                while (!came) sched_yield();
                            }});
    CHECK(came);
    std::signal(SIGUSR1, before);
}

TEST_CASE("options with all of it may be written in an await") {
    std::atomic<int> calls = 0;
    auto in_pool = [](thread_pool_options options) -> task<int> {
        thread_pool pool(options);
        co_return sync_wait(pool, answer());
    };
    auto all = [&]() -> task<int> {
        co_return co_await in_pool({.threads = 2,
                                    .name = "awaited",
                                    .cpus = available_cpus(),
                                    .on_thread_start = [&] { ++calls; },
                                    .on_thread_stop = [&] { ++calls; }});
    };
    thread_pool outer({.threads = 1});
    CHECK(sync_wait(outer, all()) == 42);
    CHECK(calls == 4);
}

TEST_CASE("in a forked child a pool's end calls no hook" *
          doctest::skip(!child_may_start_threads)) {
    std::atomic<int> stops = 0;
    auto pool = std::make_unique<thread_pool>(
        thread_pool_options{.threads = 2, .on_thread_stop = [&] { ++stops; }});
    const auto child = test::in_child([&] {
        pool.reset();
        if (stops != 0) return 1;
        {
            const thread_pool own({.cpus = available_cpus(), .on_thread_stop = [&] { ++stops; }});
        }
        return stops == static_cast<int>(available_cpus().size()) ? 0 : 2;
    });
    CHECK(child.exit_code == 0);
    pool.reset();
    CHECK(stops == 2);
}
