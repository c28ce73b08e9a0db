#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

// Fork and join: both halves may run at once, on whichever workers are free.
bobbin::task<long> fib(int n) {
    if (n < 2) co_return n;
    auto [a, b] = co_await bobbin::when_all(fib(n - 1), fib(n - 2));
    co_return a + b;
}

bobbin::task<void> visit(std::chrono::seconds stay) {
    co_await bobbin::sleep_for(stay);  // a timer of Asio: the worker does other things meanwhile
}

// As many children as you like: scope() returns when the last of them has ended, never before.
bobbin::task<void> visits(bobbin::nursery& children) {
    for (int i = 0; i < 1000; ++i) children.spawn(visit(1s));
    co_return;
}

bobbin::task<void> program() {
    std::cout << co_await fib(20) << '\n';
    co_await bobbin::scope(visits);  // one second for all thousand, on two threads
    try {
        co_await bobbin::with_timeout(10ms, visit(3600s));
    } catch (const bobbin::timed_out& e) {
        std::cout << e.what() << '\n';
    }
}

int main() {
    bobbin::thread_pool pool({.threads = 2});
    bobbin::sync_wait(pool, program());
}
