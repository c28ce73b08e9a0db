// As out_of_memory_test, of what needs no workers: shared objects, queues, copies of this process.

#define DOCTEST_CONFIG_IMPLEMENT
#include "support/out_of_memory.hpp"

#include <bobbin/ipc/barrier.hpp>
#include <bobbin/ipc/condition.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/pipe.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/semaphore.hpp>
#include <bobbin/ipc/sharded_counter.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <array>
#include <doctest/doctest.h>
#include <mutex>
#include <new>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace ipc = bobbin::ipc;
using bobbin::sync_wait;
using bobbin::task;
using test::out_of_memory::operation;

bool forks() {
    return ipc::process::forked([] { ::_exit(7); }).join().code == 7;
}

// Once more if there was no memory: then nothing was done the first time.
template <class F>
auto twice_at_most(F f) {
    try {
        return f();
    } catch (const std::bad_alloc&) {
        return f();
    }
}
bool makes_objects() {
    const ipc::shared_value<int> number(3);
    ipc::shared_value<std::array<int, 20>> many;
    many.store({3, 4});
    const ipc::shared_array<int> array(10);
    ipc::sharded_counter counter;
    counter.add(5);
    ipc::mutex mutex;
    const std::lock_guard lock(mutex);
    ipc::semaphore permits(1);
    permits.acquire();
    ipc::event event;
    event.set();
    ipc::barrier barrier(1);
    barrier.arrive_and_wait();
    ipc::condition condition;
    condition.notify_all();
    auto [one, other] = ipc::pipe<std::string>();
    one.put("text");
    return number.load() == 3 && many.load()[1] == 4 && counter.value() == 5 &&
           other.get() == "text" && array.size() == 10;
}
bool queues() {
    ipc::shared_queue<std::string> queue(1U << 16U);
    const std::string text(1000, 'x');
    for (int i = 0; i < 10; ++i)
        twice_at_most([&] {
            queue.put(text);
            return 0;
        });
    for (int i = 0; i < 10; ++i)
        if (twice_at_most([&] { return queue.get(); }) != text) return false;
    return queue.empty();
}
bool awaits_a_queue() {
    ipc::shared_queue<std::string> queue(4096);
    bobbin::thread_pool threads({.threads = 2});
    auto pushes = [&]() -> task<void> {
        const std::string text(1000, 'x');
        for (int i = 0; i < 20; ++i) co_await queue.push(text);
    };
    auto pops = [&]() -> task<void> {
        for (int i = 0; i < 20; ++i) static_cast<void>(co_await queue.pop());
    };
    auto both = [&]() -> task<void> { co_await bobbin::when_all(pushes(), pops()); };
    sync_wait(threads, both());
    return queue.empty();
}
bool expects_a_producer() {
    ipc::shared_queue<int> queue;
    auto child = ipc::process::forked([] {});
    queue.expect(child.pid());
    try {
        queue.get();
        return false;
    } catch (const ipc::producer_died&) {
        return true;
    }
}

operation plain(const char* name, bool (*f)()) {
    return {name, nullptr, [f](void*) { return f(); }};
}

const std::vector<operation>& all_operations() {
    static const std::vector<operation> all = {
        plain("process::forked", forks),
        plain("shared objects", makes_objects),
        plain("shared_queue put, get", queues),
        plain("shared_queue push, pop", awaits_a_queue),
        plain("shared_queue expect", expects_a_producer),
    };
    return all;
}

}  // namespace

TEST_CASE("no allocation that fails in a shared object ends the program, hangs, or leaks") {
    test::out_of_memory::check(all_operations());
}

int main(int argc, char** argv) {
    if (const auto code = test::out_of_memory::run_here(argc, argv, all_operations())) return *code;
    return doctest::Context(argc, argv).run();
}
