// Goal: when the last who waits has gone, nothing is held for it: no thread, no descriptor, no
// shared memory. Method: a limit ends each kind of wait; soon all is as it was before.
#include "workers.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <chrono>
#include <cstddef>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace bobbin;
using namespace std::chrono_literals;

namespace {

std::ptrdiff_t entries_of(const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder),
                         std::filesystem::directory_iterator());
}

struct held {
    std::ptrdiff_t threads = entries_of("/proc/self/task");
    std::ptrdiff_t descriptors = entries_of("/proc/self/fd");
    int segments = 0;

    held() {
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);)
            if (test::contains(line, "memfd:bobbin")) ++segments;
    }
    bool operator==(const held&) const = default;
};

void wait_for_event(const ipc::event& what) {
    what.wait();
}
bool waits_for_event(const ipc::event& what) {
    what.wait();
    return true;
}

// `wait` makes what it waits for, and a task that gives up after some milliseconds.
template <class Wait>
void check_nothing_is_left(const std::string& name, Wait wait) {
    INFO(name);
    const held before;
    wait();
    const bool is_as_before = test::await([&] { return held() == before; });
    const held after;
    CHECK_MESSAGE(is_as_before, "threads ", after.threads - before.threads, ", descriptors ",
                  after.descriptors - before.descriptors, ", segments ",
                  after.segments - before.segments);
}

template <class T>
void give_up(task<T> waiting) {
    thread_pool here({.threads = 1});
    CHECK_THROWS_AS(sync_wait(here, with_timeout(5ms, std::move(waiting))), timed_out);
}

// Makes a task of anything that can be awaited.
template <class T>
task<void> awaiting(T& what) {
    static_cast<void>(co_await what);
}
template <class S>
task<void> next_of(S& stream) {
    static_cast<void>(co_await stream.next());
}

}  // namespace

TEST_CASE("of a wait for a queue that was given up nothing is left") {
    check_nothing_is_left("pop", [] {
        ipc::shared_queue<int> queue(1U << 20U);
        give_up(queue.pop());
    });
    check_nothing_is_left("push", [] {
        ipc::shared_queue<int> queue(64);
        while (queue.try_put(1)) {
        }
        give_up(queue.push(1));
    });
    check_nothing_is_left("pop, of those who are expected to push", [] {
        ipc::shared_queue<int> queue;
        queue.expect(::getppid());
        give_up(queue.pop());
    });
    check_nothing_is_left("get_for, of those who are expected to push", [] {
        ipc::shared_queue<int> queue;
        queue.expect(::getppid());
        for (int i = 0; i < 10; ++i) CHECK_FALSE(queue.get_for(1ms));
    });
}

TEST_CASE("of a wait for a process that was given up nothing is left") {
    // The server is there from now on.
    const ipc::event ready;
    CHECK(ipc::process([](ipc::event is_there) { is_there.set(); }, ready).join().ok());
    check_nothing_is_left("ended", [] {
        const ipc::event end;
        ipc::process child(fn<&wait_for_event>(), end);
        give_up(child.ended());
        ipc::event(end).set();
        CHECK(child.join().ok());
    });
}

TEST_CASE("of a wait for jobs of a process_pool that was given up nothing is left") {
    const auto with_jobs = [](auto wait) {
        ipc::event end;
        ipc::process_pool pool({.workers = 1});
        std::vector<job<bool>> jobs;
        for (int i = 0; i < 3; ++i) jobs.push_back(pool.submit(fn<&waits_for_event>(), end));
        wait(jobs);
        end.set();
    };
    with_jobs([](auto& jobs) { give_up(wait_all(jobs)); });  // the server is there from now on
    check_nothing_is_left("a job",
                          [&] { with_jobs([](auto& jobs) { give_up(awaiting(jobs[0])); }); });
    check_nothing_is_left("wait_any",
                          [&] { with_jobs([](auto& jobs) { give_up(wait_any(jobs)); }); });
    check_nothing_is_left("wait_all",
                          [&] { with_jobs([](auto& jobs) { give_up(wait_all(jobs)); }); });
    check_nothing_is_left("as_completed", [&] {
        with_jobs([](auto& jobs) {
            auto ended = as_completed(jobs);
            give_up(next_of(ended));
        });
    });
    check_nothing_is_left("a stream", [] {
        ipc::event end;
        ipc::process_pool pool({.workers = 1});
        {
            auto stream = pool.map_unordered(fn<&waits_for_event>(), std::vector{end, end});
            give_up(next_of(stream));
        }
        end.set();
    });
}

TEST_CASE("of a wait for jobs on threads, or for a time, that was given up nothing is left") {
    check_nothing_is_left("a job", [] {
        thread_pool pool({.threads = 1});
        const ipc::event end;
        const auto job = pool.submit(waits_for_event, end);
        give_up(awaiting(job));
        CHECK_FALSE(job.wait_for(1ms));
        ipc::event(end).set();
    });
    check_nothing_is_left("sleep_for", [] { give_up(sleep_for(1h)); });
}
