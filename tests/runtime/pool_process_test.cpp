// What a pool does in other processes: in a forked child of its own, where threads can't be had,
// and where its misuse ends the program.
#include "child_process.hpp"
#include "places.hpp"

#include <bobbin/runtime/available_parallelism.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/set_error_handler.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <dirent.h>
#include <doctest/doctest.h>
#include <exception>
#include <memory>
#include <optional>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using bobbin::nursery;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using test::child_may_start_threads;

task<int> answer() {
    co_return 42;
}

task<void> nothing() {
    co_return;
}

// Frames by the thousand, some of which go through the lists that all threads share.
task<void> make_frames() {
    std::vector<task<void>> many;
    for (int i = 0; i < 3000; ++i) many.push_back(nothing());
    co_await bobbin::when_all(std::move(many));
}

template <class Use>
bool throws_pool_closed(Use use) {
    try {
        use();
    } catch (const bobbin::pool_closed& e) {
        return std::string(e.what()).find("make a pool after fork()") != std::string::npos;
    } catch (...) {
    }
    return false;
}

int count_threads() {
    int count = 0;
    DIR* const tasks = opendir("/proc/self/task");
    while (const dirent* entry = readdir(tasks))
        if (entry->d_name[0] != '.') ++count;
    closedir(tasks);
    return count;
}

}  // namespace

TEST_CASE("in a forked child every use of the pool throws, and its end returns at once") {
    auto pool = std::make_unique<thread_pool>(bobbin::thread_pool_options{.threads = 2});
    CHECK(sync_wait(*pool, answer()) == 42);
    const auto child = test::in_child([&] {
        if (!throws_pool_closed([&] { pool->spawn(nothing()); })) return 1;
        if (!throws_pool_closed([&] { sync_wait(*pool, answer()); })) return 2;
        pool->stop();
        if (pool->size() != 2) return 3;
        pool.reset();
        return 0;
    });
    CHECK(child.exit_code == 0);
    // The parent's is as it was.
    CHECK(sync_wait(*pool, answer()) == 42);
}

TEST_CASE("a task that forks finds its nursery closed in the child") {
    thread_pool pool({.threads = 2});
    auto body = [](nursery& children) -> task<void> {
        const auto child = test::in_child(
            [&] { return throws_pool_closed([&] { children.spawn(nothing()); }) ? 0 : 1; });
        CHECK(child.exit_code == 0);
        co_return;
    };
    auto work = [&]() -> task<void> { co_await bobbin::scope(body); };
    sync_wait(pool, work());
}

TEST_CASE("a forked child can make a pool of its own" * doctest::skip(!child_may_start_threads)) {
    thread_pool pool({.threads = 2});
    const auto child = test::in_child([&] {
        thread_pool own({.threads = 2});
        return sync_wait(own, answer());
    });
    CHECK(child.exit_code == 42);
}

TEST_CASE("a fork while other threads recycle frames leaves the child none of their locks") {
    std::atomic<bool> done = false;
    auto busy = [&]() -> task<void> {
        while (!done) co_await make_frames();
    };
    thread_pool pool({.threads = 2});
    for (int i = 0; i < 3; ++i) pool.spawn(busy());
    for (int i = 0; i < 50; ++i) {
        const auto child = test::in_child([] {
            sync_wait(make_frames());
            return 0;
        });
        REQUIRE(child.signal == 0);
        REQUIRE(child.exit_code == 0);
    }
    done = true;
}

TEST_CASE("a pool that can't have all its threads throws, and those that it had are gone") {
    const auto child = test::in_child([] {
        // The limit does not hold for root, and counts all that the user has running: nobody has
        // nothing else.
        if (geteuid() == 0 && setuid(65534) != 0) return 10;
        const int before = count_threads();
        rlimit usual{};
        if (getrlimit(RLIMIT_NPROC, &usual) != 0) return 11;
        auto few = usual;
        few.rlim_cur = static_cast<rlim_t>(before + 5);
        if (setrlimit(RLIMIT_NPROC, &few) != 0) return 11;
        for (int i = 0; i < 3; ++i) {
            try {
                thread_pool pool({.threads = 40});
                return 12;
            } catch (const std::system_error& e) {
                if (e.code() != std::errc::resource_unavailable_try_again) return 13;
            }
            // One that has been joined may be listed a moment longer.
            while (count_threads() > before) sched_yield();
        }
        if (setrlimit(RLIMIT_NPROC, &usual) != 0) return 14;
        thread_pool pool({.threads = 40});
        return sync_wait(pool, answer());
    });
    CAPTURE(child.err);
    CHECK(child.exit_code == 42);
}

TEST_CASE("a pool that is destroyed on its own thread ends the program with a message") {
    const auto child = test::in_child([] {
        std::set_terminate([] { _exit(77); });
        auto pool = std::make_unique<thread_pool>(bobbin::thread_pool_options{.threads = 2});
        auto& its_own = *pool;
        auto destroy = [&]() -> task<void> {
            pool.reset();
            co_return;
        };
        sync_wait(its_own, destroy());
        return 1;
    });
    CHECK(child.exit_code == 77);
    CHECK(child.err.find("destroyed on one of its own threads") != std::string::npos);
}

TEST_CASE("a fault on a pool's thread reaches the program's own handler" *
          doctest::skip(!child_may_start_threads)) {
    const auto child = test::in_child([] {
        std::signal(SIGSEGV, [](int) { _exit(77); });
        auto fault = []() -> task<void> {
            std::raise(SIGSEGV);
            co_return;
        };
        thread_pool pool({.threads = 1});
        sync_wait(pool, fault());
        return 1;
    });
    CHECK(child.exit_code == 77);
}

TEST_CASE("by default an exception that nobody awaits is printed") {
    const auto child = test::in_child([] {
        bobbin::set_error_handler(nullptr);
        auto fail = []() -> task<void> {
            throw std::runtime_error("the milk is sour");
            co_return;
        };
        thread_pool({.threads = 1}).spawn(fail());
        return 0;
    });
    CHECK(child.exit_code == 0);
    CHECK(child.err.find("the milk is sour") != std::string::npos);
}

TEST_CASE("available_parallelism is bounded by the environment, if that holds a positive number") {
    const auto with = [](const char* value) {
        return test::in_child([=] {
                   setenv("BOBBIN_MAX_PARALLELISM", value, 1);
                   return static_cast<int>(bobbin::available_parallelism());
               })
            .exit_code;
    };
    unsetenv("BOBBIN_MAX_PARALLELISM");
    const auto without = static_cast<int>(bobbin::available_parallelism());
    CHECK(without >= 1);
    CHECK(with("1") == 1);
    CHECK(with("1000000") == without);
    for (const char* nonsense : {"", "0", "-1", "many", "1x", " 1", "99999999999999999999"}) {
        CAPTURE(nonsense);
        CHECK(with(nonsense) == without);
    }
}

TEST_CASE("available_parallelism is bounded by the affinity mask") {
    const auto child = test::in_child([] {
        cpu_set_t mask;
        CPU_ZERO(&mask);
        if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 10;
        std::size_t first = 0;
        while (!CPU_ISSET(first, &mask)) ++first;
        CPU_ZERO(&mask);
        CPU_SET(first, &mask);
        if (sched_setaffinity(0, sizeof mask, &mask) != 0) return 11;
        return static_cast<int>(bobbin::available_parallelism());
    });
    CHECK(child.exit_code == 1);
}
