// A user's program: awaits two tasks on a pool. It would not compile with our own warnings as
// errors, which must not reach it.

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>

#include <tuple>

bobbin::task<int> answer(int half) {
    co_return half;
}

bobbin::task<int> sum() {
    auto [left, right] = co_await bobbin::when_all(answer(20), answer(22));
    co_return left + right;
}

int main() {
    int unused_variable = (int)4.2;
    bobbin::thread_pool pool({.threads = 2});
    return bobbin::sync_wait(pool, sum()) == 42 ? 0 : 1;
}
