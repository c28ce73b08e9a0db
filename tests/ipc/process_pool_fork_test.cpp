// Goal: who forks a program with worker processes has them as before, and the child, whatever it
// does and however it ends, finds copies that say so.
#include "await.hpp"
#include "pool_programs.hpp"
#include "workers.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <runtime/child_process.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using bobbin::sync_wait;
using bobbin::task;
using bobbin::thread_pool;
using namespace test;

namespace {

long tripled(long number) {
    return 3 * number;
}
inline constexpr bobbin::fn<&tripled> triple;

void stay() {
    for (;;) ::pause();
}
inline constexpr bobbin::fn<&stay> stays;

void say_hello() {
    std::puts("hello");
}
inline constexpr bobbin::fn<&say_hello> says_hello;

int seven() {
    return 7;
}
inline constexpr bobbin::fn<&seven> gives_seven;

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

bool is_right(ipc::process_pool& pool, int jobs) {
    for (long i = 0; i < jobs; ++i)
        if (pool.submit(triple, i).get() != 3 * i) return false;
    return true;
}

template <class T>
task<T> await_job(const bobbin::job<T>& awaited) {
    co_return co_await awaited;
}
template <class Stream>
task<long> read(Stream& from) {
    const auto item = co_await from.next();
    co_return item ? item->value() : -1;
}

}  // namespace

TEST_CASE("children of a fork find the pool closed while their parent uses it") {
    ipc::process_pool pool(2);
    CHECK(is_right(pool, 1));
    std::atomic<bool> done = false;
    bool right = true;
    std::thread user([&] {
        while (!done) right = is_right(pool, 10) && right;
    });
    for (int i = 0; i < 30; ++i) {
        const auto child = in_child([&] {
            for (int job = 0; job < 10; ++job)
                if (!throws_pool_closed([&] { static_cast<void>(pool.submit(triple, 1L)); }))
                    return 1;
            std::vector<long> inputs{1, 2, 3};
            if (!throws_pool_closed([&] { static_cast<void>(pool.map(triple, inputs)); })) return 2;
            if (pool.size() != 2) return 3;
            pool.stop();
            pool.close();
            return 0;
        });
        CHECK(child.signal == 0);
        CHECK(child.exit_code == 0);
    }
    done = true;
    user.join();
    CHECK(right);
    CHECK(is_right(pool, 100));
}

TEST_CASE("in a forked child, to wait for a job of worker processes throws") {
    ipc::process_pool pool(1);
    const auto ended = pool.submit(triple, 2L);
    ended.wait();
    const auto running = pool.submit(stays);
    while (!running.running()) ::sched_yield();
    const auto pending = pool.submit(stays);
    const auto child = in_child([&] {
        for (const auto* each : {&running, &pending}) {
            if (each->done()) return 1;
            if (!throws_pool_closed([&] { each->get(); })) return 2;
            if (!throws_pool_closed([&] { each->wait(); })) return 3;
            if (!throws_pool_closed([&] { sync_wait(await_job(*each)); })) return 4;
            if (!throws_pool_closed([&] { each->on_done([](const auto&) { _exit(5); }); }))
                return 6;
            if (each->cancel()) return 7;
        }
        return ended.get() == 6 && sync_wait(await_job(ended)) == 6 ? 0 : 8;
    });
    CHECK(child.exit_code == 0);
    CHECK(running.running());
    CHECK(pending.cancel());
    pool.stop();
    CHECK_THROWS_AS(running.get(), bobbin::cancelled);
}

TEST_CASE("in a forked child, maps and streams of worker processes throw") {
    std::vector<long> inputs(100);
    std::iota(inputs.begin(), inputs.end(), 0);
    ipc::process_pool pool(2);
    auto stream = pool.map_stream(triple, inputs, {.chunk_size = 1, .window = 4});
    CHECK(sync_wait(read(stream)) == 0);
    auto map = pool.map(triple, inputs);
    const auto child = in_child([&] {
        if (!throws_pool_closed([&] { sync_wait(std::move(map)); })) return 1;
        if (!throws_pool_closed([&] { sync_wait(read(stream)); })) return 2;
        const auto dropped = std::move(stream);
        return 0;
    });
    CHECK(child.exit_code == 0);
    for (long i = 1; i < 100; ++i) REQUIRE(sync_wait(read(stream)) == 3 * i);
    CHECK(sync_wait(std::move(map)).size() == 100);
}

TEST_CASE("a child that destroys its copy of a pool ends nothing of the parent's") {
    auto pool = std::make_unique<ipc::process_pool>(2U);
    std::optional running = pool->submit(stays);
    while (!running->running()) ::sched_yield();
    const auto child = in_child([&] {
        running.reset();
        pool.reset();
        return 0;
    });
    CHECK(child.exit_code == 0);
    CHECK(running->running());
    CHECK(is_right(*pool, 100));
    pool->stop();
    CHECK_THROWS_AS(running->get(), bobbin::cancelled);
}

TEST_CASE("a forked child can make a process_pool of its own") {
    ipc::process_pool pool(1);
    CHECK(is_right(pool, 1));
    const auto child = in_child([&] {
        ipc::process_pool own(1);
        if (!is_right(own, 10)) return 1;
        ipc::process one(gives_seven);
        return one.join().code == 7 ? 0 : 2;
    });
    CHECK(child.exit_code == 0);
    CHECK(is_right(pool, 10));
}

TEST_CASE("a child that comes back from a callback to the pool's thread ends with a message") {
    const auto parent = in_child([] {
        ipc::process_pool pool(1);
        std::atomic<pid_t> forked = -1;
        {
            const auto job = pool.submit(triple, 1L);
            job.on_done([&](const auto&) {
                const pid_t child = ::fork();
                if (child != 0) forked = child;
            });
            while (forked == -1) ::sched_yield();
        }
        int status = 0;
        if (::waitpid(forked, &status, 0) != forked || !WIFEXITED(status)) return 99;
        return is_right(pool, 10) ? WEXITSTATUS(status) : 98;
    });
    CHECK(parent.exit_code == 1);
    CHECK(parent.err.find("has come back to its thread's pool") != std::string::npos);
}

TEST_CASE("a process is its maker's: a child of that can't wait for it, nor end it") {
    const auto check = [](ipc::process started, bool copy) {
        CAPTURE(copy);
        const auto child = in_child([&] {
            const auto throws_logic_error = [](auto use) {
                try {
                    use();
                } catch (const std::logic_error& e) {
                    return std::string(e.what()).find("forked") != std::string::npos;
                }
                return false;
            };
            started.kill();
            started.terminate();
            if (!throws_logic_error([&] { started.join(); })) return 1;
            if (!throws_logic_error([&] { started.join_for(std::chrono::seconds(1)); })) return 2;
            if (!throws_logic_error([&] { static_cast<void>(started.running()); })) return 3;
            if (!throws_logic_error([&] { sync_wait(started.ended()); })) return 4;
            if (started.pid() < 2) return 5;
            const ipc::process destroyed = std::move(started);
            return 0;
        });
        CHECK(child.exit_code == 0);
        CHECK(started.running());
        started.terminate();
        CHECK(started.join().signal == SIGTERM);
        const auto later = in_child([&] { return started.join().signal == SIGTERM ? 0 : 1; });
        CHECK(later.exit_code == 0);
    };
    check(ipc::process(stays), false);
    check(ipc::process::forked([] { stay(); }), true);
}

TEST_CASE("a child that comes back from the receiver of output ends with a message") {
    const auto parent = in_child([] {
        std::atomic<pid_t> forked = -1;
        ipc::process_pool_options options(1);
        options.output = ipc::output::capture;
        options.on_output = [&](pid_t, std::string_view) {
            const pid_t child = ::fork();
            if (child != 0) forked = child;
        };
        ipc::process_pool pool(options);
        pool.submit(says_hello).wait();
        while (forked == -1) ::sched_yield();
        int status = 0;
        if (::waitpid(forked, &status, 0) != forked || !WIFEXITED(status)) return 99;
        return WEXITSTATUS(status);
    });
    CHECK(parent.exit_code == 1);
    CHECK(parent.err.find("has come back to its thread's pool") != std::string::npos);
}

TEST_CASE("a child waits for a queue on a thread of its own, not its parent's tasks") {
    thread_pool pool({.threads = 1});
    ipc::shared_queue<int> queue;
    ipc::shared_queue<int> answers;
    const auto pop = [](ipc::shared_queue<int> from) -> task<int> {
        co_return co_await from.pop();
    };
    const auto parents = pool.submit(pop, queue);
    while (parents.pending()) ::sched_yield();
    const auto child = in_child([&] {
        thread_pool own({.threads = 1});
        const auto childs = own.submit(pop, answers);
        answers.put(3);
        return childs.get();
    });
    CHECK(child.exit_code == 3);
    CHECK(parents.running());
    queue.put(4);
    CHECK(parents.get() == 4);
}

TEST_CASE("a program with a pool may fork, and its child end in any way") {
    for (const char* const pool : {"threads", "processes"})
        for (const char* const place : {"static", "local"})
            for (const char* const end : {"_exit", "exit", "return", "exec"}) {
                CAPTURE(pool);
                CAPTURE(place);
                CAPTURE(end);
                const running_program running({FORK_PROGRAM, pool, place, end});
                CHECK(running.read_line() == "right");
                CHECK(running.join() == 0);
            }
}
