// What a forked child has of its parent's pool: copies of jobs, maps and streams, which say so, and
// nothing that hangs or goes on in both processes.
#include "child_process.hpp"

#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/detail/jobs/callable.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <atomic>
#include <doctest/doctest.h>
#include <functional>
#include <future>
#include <numeric>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using test::child_may_start_threads;

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

task<void> nothing() {
    co_return;
}
task<int> await_job(const bobbin::job<int>& awaited) {
    co_return co_await awaited;
}

template <class Stream>
task<int> read(Stream& from) {
    const auto item = co_await from.next();
    co_return item ? item->value() : -1;
}
task<void> read_positions(bobbin::completion_stream& from) {
    co_await from.next();
}

// A count that a child's steps are seen in as well.
class shared_count {
public:
    shared_count()
        : place_(new (::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<int>(0)) {}
    shared_count(const shared_count&) = delete;
    shared_count& operator=(const shared_count&) = delete;
    ~shared_count() { ::munmap(place_, sizeof *place_); }
    void add() const noexcept { ++*place_; }
    [[nodiscard]] int value() const noexcept { return *place_; }

private:
    std::atomic<int>* const place_;
};

int exit_code_of(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// A pool of one thread, which has begun one job and not another.
struct busy_pool {
    busy_pool() : open(opening.get_future().share()) {
        running = pool.submit([this] {
            begun.set_value();
            open.wait();
            return 1;
        });
        pending = pool.submit([] { return 2; });
        begun.get_future().wait();
    }
    std::promise<void> opening;
    std::promise<void> begun;
    std::shared_future<void> open;
    thread_pool pool{{.threads = 1}};
    bobbin::job<int> running;
    bobbin::job<int> pending;
};

}  // namespace

TEST_CASE("in a forked child, to wait for a job that had not ended throws") {
    busy_pool parents;
    const auto child = test::in_child([&] {
        for (const auto* each : {&parents.running, &parents.pending}) {
            if (each->done()) return 1;
            if (!throws_pool_closed([&] { each->get(); })) return 2;
            if (!throws_pool_closed([&] { each->wait(); })) return 3;
            if (!throws_pool_closed([&] { sync_wait(await_job(*each)); })) return 4;
            if (!throws_pool_closed([&] { each->on_done([](const auto&) { _exit(5); }); }))
                return 6;
            if (each->cancel()) return 7;
        }
        if (!parents.running.running() || !parents.pending.pending()) return 8;
        std::vector<bobbin::job<int>> both;
        both.push_back(std::move(parents.running));
        both.push_back(std::move(parents.pending));
        if (!throws_pool_closed([&] { bobbin::as_completed(both); })) return 9;
        if (!throws_pool_closed([&] { sync_wait(bobbin::wait_all(both)); })) return 10;
        return 0;
    });
    CHECK(child.exit_code == 0);
    parents.opening.set_value();
    CHECK(parents.running.get() == 1);
    CHECK(parents.pending.get() == 2);
}

TEST_CASE("in a forked child, a job that had ended still has its result, and calls back at once") {
    thread_pool pool({.threads = 1});
    const auto ended = pool.submit([] { return 7; });
    ended.wait();
    const auto child = test::in_child([&] {
        bool called = false;
        ended.on_done([&](const auto&) { called = true; });
        if (!called || ended.get() != 7 || sync_wait(await_job(ended)) != 7) return 1;
        return 0;
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE("in a forked child, the parent's maps and streams throw, and leave it what it reads") {
    std::vector<int> inputs(100);
    std::iota(inputs.begin(), inputs.end(), 0);
    thread_pool pool({.threads = 2});
    const auto twice = [](int x) { return 2 * x; };
    auto stream = pool.map_stream(twice, inputs, {.chunk_size = 1, .window = 4});
    CHECK(sync_wait(read(stream)) == 0);
    auto map = pool.map(twice, inputs);
    auto reduce = pool.map_reduce(twice, inputs, std::plus<>(), 0);
    auto run = pool.run(twice, 1);
    std::vector<bobbin::job<int>> jobs;
    jobs.push_back(pool.submit([] { return 1; }));
    auto positions = bobbin::as_completed(jobs);
    const auto child = test::in_child([&] {
        if (!throws_pool_closed([&] { sync_wait(std::move(map)); })) return 1;
        if (!throws_pool_closed([&] { sync_wait(std::move(reduce)); })) return 2;
        if (!throws_pool_closed([&] { sync_wait(std::move(run)); })) return 3;
        if (!throws_pool_closed([&] { sync_wait(read(stream)); })) return 4;
        if (!throws_pool_closed([&] { sync_wait(read_positions(positions)); })) return 5;
        if (!throws_pool_closed([&] { static_cast<void>(pool.map(twice, inputs)); })) return 6;
        if (!throws_pool_closed([&] { static_cast<void>(pool.map_stream(twice, inputs)); }))
            return 7;
        if (!throws_pool_closed([&] { static_cast<void>(pool.submit(twice, 1)); })) return 8;
        const auto dropped = std::move(stream);
        const auto dropped_too = std::move(positions);
        return 0;
    });
    CHECK(child.exit_code == 0);
    for (int i = 1; i < 100; ++i) REQUIRE(sync_wait(read(stream)) == 2 * i);
    CHECK(sync_wait(std::move(map)).size() == 100);
    CHECK(sync_wait(std::move(reduce)) == 9900);
}

TEST_CASE("a sequential pool, which has no threads, goes on in a forked child") {
    bobbin::sequential_pool pool;
    std::vector<int> inputs{1, 2, 3};
    auto stream = pool.map_stream([](int x) { return 2 * x; }, inputs);
    CHECK(sync_wait(read(stream)) == 2);
    auto map = pool.map([](int x) { return 2 * x; }, inputs);
    const auto child = test::in_child([&] {
        if (sync_wait(read(stream)) != 4) return 1;
        if (sync_wait(std::move(map)).at(2) != 6) return 2;
        return pool.submit([] { return 0; }).get();
    });
    CHECK(child.exit_code == 0);
}

TEST_CASE("the child of a job's fork finds its own pool closed, and ends as it likes") {
    thread_pool pool({.threads = 2});
    const auto fork_in_job = [&](auto ends) {
        return exit_code_of(pool.submit([&pool, ends] {
                                    const pid_t child = fork();
                                    if (child != 0) return child;
                                    alarm(30);
                                    if (!throws_pool_closed([&] { pool.submit([] {}).get(); }))
                                        _exit(1);
                                    if (!throws_pool_closed([&] { sync_wait(pool, nothing()); }))
                                        _exit(2);
                                    pool.stop();
                                    ends();
                                    return child;
                                })
                                .get());
    };
    CHECK(fork_in_job([] { _exit(42); }) == 42);
    CHECK(fork_in_job([] { execl("/bin/sh", "sh", "-c", "exit 43", nullptr); }) == 43);
    CHECK(pool.submit([] { return 1; }).get() == 1);
}

TEST_CASE("the child of a job's fork may use a pool of its own" *
          doctest::skip(!child_may_start_threads)) {
    thread_pool pool({.threads = 2});
    const pid_t forked = pool.submit([] {
                                 const pid_t child = fork();
                                 if (child != 0) return child;
                                 alarm(30);
                                 thread_pool own({.threads = 2});
                                 _exit(own.submit([] { return 44; }).get());
                             })
                             .get();
    CHECK(exit_code_of(forked) == 44);
}

TEST_CASE("a forked child that comes back to its thread's pool ends there with a message") {
    const shared_count after;
    // `fork_on` has fork() called on one of the pool's threads, and waits for the parent's end.
    const auto comes_back = [&](auto fork_on) {
        return test::in_child([&] {
            thread_pool pool({.threads = 2});
            std::atomic<pid_t> forked = -1;
            fork_on(pool, [&forked] {
                const pid_t child = fork();
                if (child != 0) forked = child;
                return child;
            });
            return exit_code_of(forked);
        });
    };
    const auto check = [](const test::child_end& parent) {
        CHECK(parent.exit_code == 1);
        CHECK(parent.err.find("has come back to its thread's pool") != std::string::npos);
    };
    SUBCASE("from a job, behind which others wait") {
        check(comes_back([&](thread_pool& pool, auto forks) {
            auto in_task = [&]() -> task<void> {
                auto own = forks;
                const auto job = pool.submit(std::move(own));
                const auto next = pool.submit([&] { after.add(); });
                co_await job;
                co_await next;
            };
            sync_wait(pool, in_task());
        }));
        CHECK(after.value() == 1);
    }
    SUBCASE("from a job of a map") {
        check(comes_back([&](thread_pool& pool, auto forks) {
            auto each = [&](int input) {
                if (input == 0) forks();
                after.add();
            };
            const std::vector<int> inputs{0, 1, 2, 3};
            sync_wait(pool.map(std::move(each), inputs, {.chunk_size = 4}));
        }));
        CHECK(after.value() == 5);  // the rest of the first job twice
    }
    SUBCASE("from a member of a group, whose siblings have not begun") {
        check(comes_back([&](thread_pool& pool, auto forks) {
            auto first = [&]() -> task<void> {
                forks();
                co_return;
            };
            auto second = [&]() -> task<void> {
                after.add();
                co_return;
            };
            auto both = [&]() -> task<void> { co_await bobbin::when_all(first(), second()); };
            sync_wait(pool, both());
        }));
        CHECK(after.value() == 1);
    }
    SUBCASE("from a task that awaits something") {
        check(comes_back([&](thread_pool& pool, auto forks) {
            auto in_task = [&]() -> task<void> {
                forks();
                co_await nothing();
                after.add();
            };
            sync_wait(pool, in_task());
        }));
        CHECK(after.value() == 1);
    }
    SUBCASE("from a callback, behind which others wait") {
        check(comes_back([&](thread_pool& pool, auto forks) {
            std::promise<void> called;
            std::promise<void> opening;
            const auto job = pool.submit([open = opening.get_future().share()] { open.wait(); });
            job.on_done([&](const auto&) { forks(); });
            job.on_done([&](const auto&) {
                after.add();
                called.set_value();
            });
            opening.set_value();
            called.get_future().wait();
        }));
        CHECK(after.value() == 1);
    }
}

TEST_CASE("a fork while other threads look for callables leaves the child none of their locks") {
    std::atomic<bool> done = false;
    std::thread other([&] {
        while (!done) static_cast<void>(bobbin::detail::find_callable(1));
    });
    int well = 0;
    for (int i = 0; i < 100; ++i)
        well += test::in_child([] {
                    return bobbin::detail::find_callable(1) == nullptr ? 7 : 8;
                }).exit_code == 7
                    ? 1
                    : 0;
    done = true;
    other.join();
    CHECK(well == 100);
}

TEST_CASE("a fork while other threads submit and wait leaves the child none of their locks") {
    thread_pool pool({.threads = 2});
    std::atomic<bool> done = false;
    const auto submit = [&] {
        while (!done) pool.submit([] {}).wait();
    };
    std::thread one(submit);
    std::thread other(submit);
    for (int i = 0; i < 100; ++i) {
        const auto child = test::in_child([&] {
            if (!throws_pool_closed([&] { static_cast<void>(pool.submit([] {})); })) return 1;
            if (!child_may_start_threads) return 0;
            thread_pool own({.threads = 2});
            for (int job = 0; job < 70; ++job)
                if (own.submit([job] { return job; }).get() != job) return 2;
            return 0;
        });
        if (child.exit_code != 0 || child.signal != 0) {
            done = true;
            one.join();
            other.join();
        }
        REQUIRE(child.signal == 0);
        REQUIRE(child.exit_code == 0);
    }
    done = true;
    one.join();
    other.join();
}
