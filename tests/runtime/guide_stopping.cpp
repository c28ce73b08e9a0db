// A server in small: clients come, are served for at most so long, and leave. Ctrl-C stops it.
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/stop_signals.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_stop_token.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <atomic>
#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

std::atomic<int> served = 0;

// Stand for work, and for a read that ends when the client has closed its end.
bobbin::task<void> answer(int client) {
    co_await bobbin::sleep_for(client % 3 == 0 ? 1h : 1ms);
    ++served;
}
bobbin::task<void> has_left(int client) {
    co_await bobbin::sleep_for(client % 2 == 0 ? 2ms : 1h);
}

// A client that leaves takes its own work along: the first task to end stops the other. So does a
// limit. Either is one word around the work, which needs to know of neither.
bobbin::task<void> answer_until_it_leaves(int client) {
    co_await bobbin::when_any(answer(client), has_left(client));
}
bobbin::task<void> serve(int client) {
    try {
        co_await bobbin::with_timeout(20ms, answer_until_it_leaves(client));
    } catch (const bobbin::timed_out&) {
        // that client was too slow; the others go on
    }
}

bobbin::task<void> accept_clients(bobbin::nursery& children) {
    std::cout << "serving; Ctrl-C stops it" << '\n' << std::flush;
    for (int client = 1;; ++client) {
        children.spawn(serve(client));
        co_await bobbin::sleep_for(1ms);  // the next one comes
    }
}

// In a task that was asked to stop every wait ends at once. What has to wait is done outside of it.
bobbin::task<void> say_goodbye() {
    co_await bobbin::sleep_for(1ms);
    std::cout << (served > 0 ? "goodbye" : "nobody came") << '\n' << std::flush;
}

int main() {
    bobbin::stop_signals signals;
    bobbin::thread_pool pool({.threads = 2});
    try {
        bobbin::sync_wait(pool,
                          bobbin::with_stop_token(signals.token(), bobbin::scope(accept_clients)));
    } catch (const bobbin::cancelled&) {
        std::cout << "all clients are gone" << '\n' << std::flush;
    }
    bobbin::sync_wait(pool, say_goodbye());
}
