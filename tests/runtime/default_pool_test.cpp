// The pool that all of a process share: how it comes to be, and its end. Each case is a process of
// its own, and this one starts no thread: ThreadSanitizer wants no child of a process that has.
#include "child_process.hpp"

#include <bobbin/runtime/available_parallelism.hpp>
#include <bobbin/runtime/cpu_set.hpp>
#include <bobbin/runtime/default_pool.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/this_task.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <latch>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::default_pool;
using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using test::child_may_start_threads;

task<int> answer() {
    co_return 42;
}

bool is_closed(thread_pool& pool) {
    try {
        sync_wait(pool, answer());
    } catch (const bobbin::pool_closed&) {
        return true;
    }
    return false;
}

int exit_code_of(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Calls a function when it is destroyed.
template <class F>
class at_end {
public:
    explicit at_end(F f) : f_(std::move(f)) {}
    at_end(const at_end&) = delete;
    at_end& operator=(const at_end&) = delete;
    ~at_end() { f_(); }

private:
    F f_;
};

// What std::exit makes of `body`, which is called before.
template <class Body>
test::child_end at_exit(Body body) {
    std::fflush(stdout);
    return test::in_child([&]() -> int {
        body();
        std::exit(0);  // NOLINT(concurrency-mt-unsafe): the one thread there is, but the pool's
    });
}

}  // namespace

TEST_CASE("all threads that ask for the default pool at once get the same one, which works") {
    const auto child = test::in_child([] {
        std::latch all_are_here(8);
        std::vector<thread_pool*> found(8);
        std::atomic<int> right = 0;
        {
            std::vector<std::jthread> threads;
            for (auto& each : found)
                threads.emplace_back([&] {
                    all_are_here.arrive_and_wait();
                    each = &default_pool();
                    if (sync_wait(*each, answer()) == 42) ++right;
                });
        }
        const std::set<thread_pool*> different(found.begin(), found.end());
        return right == 8 && different == std::set{&default_pool()} ? 0 : 1;
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE("the default pool's size is BOBBIN_THREADS, or else what is available") {
    const auto size_with = [](const char* variable, const char* value) {
        return test::in_child([=] {
                   if (variable != nullptr) setenv(variable, value, 1);
                   return static_cast<int>(default_pool().size());
               })
            .exit_code;
    };
    CHECK(size_with("BOBBIN_THREADS", "3") == 3);
    CHECK(size_with("BOBBIN_THREADS", "1") == 1);
    CHECK(size_with("BOBBIN_MAX_PARALLELISM", "1") == 1);
    CHECK(size_with(nullptr, nullptr) == static_cast<int>(bobbin::available_parallelism()));
}

TEST_CASE("a BOBBIN_THREADS that is no number of threads is refused by name, and can be mended") {
    for (const char* nonsense :
         {"", "0", "-1", "+1", "many", "2x", " 2", "2 ", "32768", "99999999999999999999"}) {
        CAPTURE(nonsense);
        const auto child = test::in_child([=] {
            setenv("BOBBIN_THREADS", nonsense, 1);
            for (int i = 0; i < 2; ++i) {
                try {
                    default_pool();
                    return 1;
                } catch (const std::invalid_argument& e) {
                    const std::string message = e.what();
                    if (message.find("BOBBIN_THREADS") == std::string::npos) return 2;
                    if (message.find('\'' + std::string(nonsense) + '\'') == std::string::npos)
                        return 3;
                }
            }
            setenv("BOBBIN_THREADS", "2", 1);
            return sync_wait(default_pool(), answer());
        });
        CHECK(child.exit_code == 42);
    }
}

TEST_CASE("a bound thread that asks first does not bind the default pool") {
    const auto child = test::in_child([] {
        const auto all = bobbin::available_cpus();
        unsigned size = 0;
        bobbin::cpu_set pools;
        bobbin::cpu_set own;
        std::thread([&] {
            cpu_set_t mask;
            CPU_ZERO(&mask);
            CPU_SET(static_cast<std::size_t>(all.numbers().back()), &mask);
            if (sched_setaffinity(0, sizeof mask, &mask) != 0) return;
            size = default_pool().size();
            pools = default_pool().submit([] { return bobbin::available_cpus(); }).get();
            own = bobbin::available_cpus();
        }).join();
        if (size != bobbin::available_parallelism()) return 1;
        if (pools != all) return 2;
        return own == bobbin::cpu_set{all.numbers().back()} ? 0 : 3;
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE(
    "at exit the default pool's tasks are asked to stop, and end before older static objects") {
    const auto child = at_exit([] {
        static std::atomic<int> ended = 0;
        static const at_end older([] {
            if (ended != 100) _exit(1);
        });
        static std::atomic<int> begun = 0;
        auto stay = []() -> task<void> {
            const at_end note([] { ++ended; });
            ++begun;
            co_await bobbin::sleep_for(1h);
        };
        for (int i = 0; i < 100; ++i) default_pool().spawn(stay());
        while (begun < 100) std::this_thread::yield();
    });
    CHECK(child.exit_code == 0);
    CHECK(child.err.empty());
}

TEST_CASE(
    "at exit work that the default pool has not begun is cancelled, what runs is waited for") {
    setenv("BOBBIN_THREADS", "1", 1);
    const auto child = at_exit([] {
        static std::atomic<bool> running = false;
        static std::atomic<bool> ended = false;
        static const at_end older([] {
            if (!ended) _exit(1);
        });
        auto compute = []() -> task<void> {
            const auto stop = co_await bobbin::this_stop_token();
            running = true;
            while (!stop.stop_requested()) std::this_thread::yield();
            ended = true;
        };
        auto lose = []() -> task<void> {
            _exit(2);
            co_return;
        };
        default_pool().spawn(compute());
        for (int i = 0; i < 100; ++i) default_pool().spawn(lose());
        while (!running) std::this_thread::yield();
    });
    unsetenv("BOBBIN_THREADS");
    CHECK(child.exit_code == 0);
    CHECK(child.err.empty());
}

TEST_CASE("younger static objects use the default pool at their end, older ones find it stopped") {
    const auto child = at_exit([] {
        static bool younger_is_gone = false;
        static const at_end older([] {
            if (!younger_is_gone) _exit(1);
            if (!is_closed(default_pool())) _exit(2);
            bool dropped = true;
            boost::asio::post(default_pool().get_executor(), [&] { dropped = false; });
            if (!dropped) _exit(3);
            _exit(42);
        });
        static thread_pool& pool = default_pool();
        static const at_end younger(
            [] { younger_is_gone = sync_wait(pool, answer()) == 42 && &pool == &default_pool(); });
    });
    CHECK(child.exit_code == 42);
}

TEST_CASE("a default pool that a static object's end asks for first works, and ends") {
    const auto child = at_exit([] {
        static bool ended = false;
        static const at_end oldest([] { _exit(ended ? 42 : 1); });
        static const at_end older([] {
            auto stay = []() -> task<void> {
                const at_end note([] { ended = true; });
                co_await bobbin::sleep_for(1h);
            };
            default_pool().submit([] {}).get();
            default_pool().spawn(stay());
            // Until it sleeps.
            while (default_pool().stats().resumed < 2) std::this_thread::yield();
        });
    });
    CHECK(child.exit_code == 42);
}

TEST_CASE("timers of static objects that are younger than the default pool do not hold its end") {
    const auto child = at_exit([] {
        static boost::asio::steady_timer timer(default_pool(), 1h);
        timer.async_wait([](boost::system::error_code) {});
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE("a task of the default pool may end the program") {
    const auto child = test::in_child([]() -> int {
        auto stay = []() -> task<void> { co_await bobbin::sleep_for(1h); };
        auto end = []() -> task<void> {
            std::exit(42);  // NOLINT(concurrency-mt-unsafe)
            co_return;
        };
        default_pool().spawn(stay());
        sync_wait(default_pool(), end());
        return 1;
    });
    CHECK(child.exit_code == 42);
}

TEST_CASE("a forked child has a default pool of its own, and its parent's is closed to it" *
          doctest::skip(!child_may_start_threads)) {
    const auto parent = test::in_child([] {
        thread_pool& parents = default_pool();
        if (sync_wait(parents, answer()) != 42) return 1;
        const pid_t child = fork();
        if (child == 0) {
            alarm(30);
            static bool ended = false;
            static const at_end older([] { _exit(ended && is_closed(default_pool()) ? 42 : 5); });
            if (!is_closed(parents)) _exit(2);
            if (&default_pool() == &parents) _exit(3);
            if (sync_wait(default_pool(), answer()) != 42) _exit(4);
            auto stay = []() -> task<void> {
                const at_end note([] { ended = true; });
                co_await bobbin::sleep_for(1h);
            };
            std::thread([&] { default_pool().spawn(stay()); }).join();
            while (default_pool().stats().resumed < 2) std::this_thread::yield();
            std::exit(6);  // NOLINT(concurrency-mt-unsafe)
        }
        if (exit_code_of(child) != 42) return 7;
        return sync_wait(parents, answer());
    });
    CHECK(parent.exit_code == 42);
}

TEST_CASE("a forked child that has no default pool ends without its parent's") {
    const auto parent = test::in_child([] {
        static const at_end older([] { _exit(42); });  // before LeakSanitizer misses the threads
        auto stay = []() -> task<void> { co_await bobbin::sleep_for(1h); };
        default_pool().spawn(stay());
        const pid_t child = fork();
        if (child == 0) {
            alarm(30);
            std::exit(1);  // NOLINT(concurrency-mt-unsafe)
        }
        return exit_code_of(child);
    });
    CHECK(parent.exit_code == 42);
    CHECK(parent.err == "");
}

TEST_CASE("a fork while another thread makes the default pool leaves the child none of its locks" *
          doctest::skip(!child_may_start_threads)) {
    for (int i = 0; i < 50; ++i) {
        const auto parent = test::in_child([i] {
            std::atomic<bool> is_here = false;
            std::jthread other([&] {
                is_here = true;
                default_pool();
            });
            while (!is_here) std::this_thread::yield();
            for (int spins = 0; spins < i * 1000; ++spins) is_here.load();
            const pid_t child = fork();
            if (child == 0) {
                alarm(30);
                _exit(sync_wait(default_pool(), answer()));
            }
            return exit_code_of(child);
        });
        REQUIRE(parent.exit_code == 42);
    }
}
