// Work on threads and on processes, which are the program that loads this.

#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

static const bool has_processes = (bobbin::ipc::init(), true);

static bobbin::task<int> answer(int half) {
    co_return half;
}

static bobbin::task<int> sum() {
    auto [left, right] = co_await bobbin::when_all(answer(10), answer(11));
    co_return left + right;
}

extern "C" int compute() {
    bobbin::thread_pool threads({.threads = 2});
    bobbin::ipc::process_pool processes(1);
    return bobbin::sync_wait(threads, sum()) +
           processes.submit([](int half) { return half; }, 21).get();
}
