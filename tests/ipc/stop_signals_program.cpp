// A program that wants to be stopped in order, for stop_signals_test.
//
// usage: stop_signals_program WHERE HOW
//     WHERE   where its work is done: on threads, or in processes that are started by fork_server,
//             spawn or fork
//     HOW     orderly: the work ends when it is asked to; then there is a clean-up
//             dismissed: the same, and the exit status is the program's own
//             stubborn: it says "asked" and goes on
// It prints "ready" when its work is under way, "cleaned up" in its clean-up, and "destroyed" in
// the destructor of a static object; nothing comes after that.
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/stop_signals.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/with_stop_token.hpp>

#include <chrono>
#include <iostream>
#include <sched.h>
#include <stop_token>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::task;

void say(const char* what) {
    std::cout << what << '\n' << std::flush;
}

struct says_destroyed {
    bool in_application = false;
    // Without a flush: what is left in a buffer is seen, too.
    ~says_destroyed() {
        if (in_application) std::cout << "destroyed\n";
    }
};
says_destroyed last;

task<void> sleep_long() {
    co_await bobbin::sleep_for(1h);
}
void stay() {
    for (;;) ::pause();
}
constexpr bobbin::fn<&sleep_long> sleeps_long;
constexpr bobbin::fn<&stay> stays;

task<void> on_a_thread(const bool orderly) {
    say("ready");
    if (!orderly) stay();
    co_await sleep_long();
}

void work_on_threads(const bobbin::stop_signals& signals, bool orderly) {
    bobbin::thread_pool pool({.threads = 2});
    const std::stop_callback tell(signals.token(), [] { say("asked"); });
    bobbin::sync_wait(pool, bobbin::with_stop_token(signals.token(), on_a_thread(orderly)));
}

void work_in_processes(const bobbin::stop_signals& signals, bobbin::ipc::start_method method,
                       bool orderly) {
    bobbin::ipc::process_pool_options options(2);
    options.start_method = method;
    options.grace = orderly ? bobbin::time_span(10s) : bobbin::time_span::endless;
    bobbin::ipc::process_pool pool(options);
    std::vector<bobbin::job<void>> jobs;
    for (unsigned i = 0; i < pool.size(); ++i)
        jobs.push_back(orderly ? pool.submit(sleeps_long) : pool.submit(stays));
    for (const auto& each : jobs)
        while (!each.running()) ::sched_yield();
    const std::stop_callback stop(signals.token(), [&pool] {
        say("asked");
        pool.stop();
    });
    say("ready");
    bool was_cancelled = false;
    for (const auto& each : jobs) try {
            each.get();
        } catch (const bobbin::cancelled&) {
            was_cancelled = true;
        }
    if (was_cancelled) throw bobbin::cancelled();
}

bobbin::ipc::start_method method(const std::string& name) {
    if (name == "spawn") return bobbin::ipc::start_method::spawn;
    if (name == "fork") return bobbin::ipc::start_method::fork;
    return bobbin::ipc::start_method::fork_server;
}

}  // namespace

int main(int argc, char** argv) {
    bobbin::ipc::init(argc, argv);
    if (argc != 3) return 2;
    last.in_application = true;
    const std::string where = argv[1];
    const std::string how = argv[2];
    bobbin::stop_signals signals;
    try {
        if (where == "threads")
            work_on_threads(signals, how != "stubborn");
        else
            work_in_processes(signals, method(where), how != "stubborn");
    } catch (const bobbin::cancelled&) {
        say("cleaned up");
        if (how == "dismissed") signals.dismiss();
    }
    return 5;
}
