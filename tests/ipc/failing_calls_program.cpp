// A program with a pool, processes and a queue, in which a system call fails: see
// failing_calls_test.cpp. Every operation does what it should or throws one of the exceptions that
// its header names, and none leaves anything behind.
//
// usage: failing_calls_program [NAME ERROR N]
//     NAME's N-th call fails in this process, after all has been done once without; the environment
//     may ask for the same from the beginning on, and in the others (see failing_calls.hpp).
//        failing_calls_program without-epoll
//     A pool is refused where nothing can be watched by epoll.
//        failing_calls_program without-close-range
//     A descriptor beyond the limit, which came down since, is closed in a worker all the same.
//        failing_calls_program without-death-signal
//     No process can ask for a signal at its parent's death.
//        failing_calls_program without-room
//     A coroutine is told to stop, though there is no room in its worker's socket at first.
#include "../support/failing_calls.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/remote_error.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <vector>

using namespace bobbin;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 100'000;

int doubled(int i) {
    return 2 * i;
}
inline constexpr fn<&doubled> twice;
std::vector<char> copied(const std::vector<char>& all) {
    return all;
}
inline constexpr fn<&copied> copies;
task<int> sleep_there(int i) {
    co_await sleep_for(1ms);
    co_return i;
}
inline constexpr fn<&sleep_there> sleeps;
int store(ipc::shared_value<int> at, int number) {
    at.store(number);
    return number;
}
inline constexpr fn<&store> stores;
task<int> code_of(ipc::process& child) {
    const ipc::exit_status status = co_await child.ended();
    co_return status.code;
}
void put(ipc::shared_queue<int> to, int number) {
    to.put(number);
}
inline constexpr fn<&put> puts_it;

std::size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

[[noreturn]] void fail(const char* what, const char* why) {
    std::fprintf(stderr, "failing_calls_program: %s: %s\n", what, why);
    ::_exit(1);
}

// Whatever `does` throws has to be an error of the system, of memory, or of workers.
void attempt(const char* what, const std::function<bool()>& does) {
    try {
        if (!does()) fail(what, "a wrong value");
    } catch (const std::system_error&) {
    } catch (const boost::system::system_error&) {  // from the runtime's Asio
    } catch (const std::bad_alloc&) {
    } catch (const ipc::remote_error&) {  // the same, of a worker's
    } catch (const ipc::worker_died&) {
    } catch (const ipc::pool_broken&) {
    } catch (const std::runtime_error& error) {
        if (!std::string_view(error.what()).starts_with("bobbin: ")) fail(what, error.what());
    } catch (const std::exception& error) {
        fail(what, error.what());
    }
}

void use(ipc::process_pool& pool) {
    attempt("submit", [&] { return pool.submit(twice, 4).get() == 8; });
    attempt("much", [&] {
        return pool.submit(copies, std::vector<char>(large, 'x')).get() ==
               std::vector<char>(large, 'x');
    });
    attempt("much again", [&] {
        return pool.submit(copies, std::vector<char>(large, 'y')).get() ==
               std::vector<char>(large, 'y');
    });
    attempt("map", [&] {
        return sync_wait(pool.map(twice, std::vector<int>(100, 3))) == std::vector<int>(100, 6);
    });
    attempt("a coroutine", [&] { return pool.submit(sleeps, 3).get() == 3; });
    attempt("a shared object", [&] {
        const ipc::shared_value<int> value(1);
        return pool.submit(stores, value, 2).get() == 2 && value.load() == 2;
    });
    attempt("a death", [&] {
        try {
            pool.submit([] { ::_exit(3); }).get();
            return false;
        } catch (const ipc::worker_died&) {
            return pool.submit(twice, 5).get() == 10;
        }
    });
}

void use_all() {
    attempt("a pool", [] {
        ipc::process_pool pool(2);
        use(pool);
        return true;
    });
    attempt("a process", [] { return ipc::process([] { return 3; }).join().code == 3; });
    attempt("a process that is awaited", [] {
        thread_pool threads({.threads = 1});
        ipc::process child([] { return 4; });
        return sync_wait(threads, code_of(child)) == 4;
    });
    attempt("a queue that is awaited", [] {
        thread_pool threads({.threads = 1});
        ipc::shared_queue<int> queue(1024);
        ipc::process child(puts_it, queue, 5);
        queue.expect(child.pid());
        return sync_wait(threads, queue.pop()) == 5;
    });
}

// Where the kernel watches no more descriptors for this user.
int use_no_epoll() {
    test::fail_call("epoll_ctl.1", ENOSPC, 1, true);
    try {
        const ipc::process_pool pool(1);
    } catch (const std::system_error& error) {
        return error.code().value() == ENOSPC ? 0 : 2;
    }
    return 1;
}

int use_no_close_range() {
    constexpr int high = 900;
    rlimit most{};
    if (::getrlimit(RLIMIT_NOFILE, &most) != 0 || ::dup2(STDERR_FILENO, high) != high) return 2;
    most.rlim_cur = 100;
    if (::setrlimit(RLIMIT_NOFILE, &most) != 0) return 3;
    test::fail_call("close_range", ENOSYS, 1, true);
    ipc::process_pool_options options(1);
    options.start_method = ipc::start_method::fork;
    ipc::process_pool pool(options);
    return pool.submit([] { return ::fcntl(high, F_GETFD); }).get() < 0 ? 0 : 1;
}

int use_no_death_signal() {
    static_assert(PR_SET_PDEATHSIG == 1);
    test::fail_call("prctl.1", EPERM, 1, true);
    ipc::process_pool_options options(1);
    options.start_method = ipc::start_method::fork;
    {
        ipc::process_pool pool(options);
        if (pool.submit(twice, 4).get() != 8) return 1;
    }
    return ipc::process::forked([] { return 3; }).join().code == 3 ? 0 : 2;
}

task<void> sleep_long(ipc::event begun) {
    begun.set();
    co_await sleep_for(1h);
}
inline constexpr fn<&sleep_long> sleeps_long;

// The error of a coroutine that is stopped in such a way, as the first word of that can't be sent.
// The worker lives on, unless the pool is stopped.
template <class Error>
bool stops(int error, const job_options& how,
           void (*stop)(const job<void>& running, ipc::process_pool& its)) {
    ipc::process_pool_options options(1);
    options.grace = 1h;
    ipc::process_pool pool(options);
    const ipc::event begun;
    const auto pid_there = [](const ipc::event& /*is sent, and known from then on*/) {
        return ::getpid();
    };
    const pid_t worker = pool.submit(pid_there, begun).get();
    test::fail_call("sendmsg", error);
    const auto job = pool.submit(how, sleeps_long, begun);
    begun.wait();
    stop(job, pool);
    try {
        job.get();
        return false;
    } catch (const Error&) {
    }
    try {
        if (pool.submit(pid_there, begun).get() != worker) return false;
    } catch (const pool_closed&) {
    }
    return test::call_failed();
}

int use_no_room() {
    for (const int error : {EAGAIN, ENOMEM, ENOBUFS}) {
        if (!stops<cancelled>(error, {}, [](const auto& job, auto&) { job.cancel(); })) return 1;
        if (!stops<timed_out>(error, {.timeout = 10ms}, [](const auto&, auto&) {})) return 2;
        if (!stops<cancelled>(error, {}, [](const auto&, auto& pool) { pool.stop(); })) return 3;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    ipc::init(argc, argv);
    if (argc == 2 && std::string(argv[1]) == "without-epoll") return use_no_epoll();
    if (argc == 2 && std::string(argv[1]) == "without-close-range") return use_no_close_range();
    if (argc == 2 && std::string(argv[1]) == "without-death-signal") return use_no_death_signal();
    if (argc == 2 && std::string(argv[1]) == "without-room") return use_no_room();
    if (argc != 4) {
        use_all();
        return 0;
    }
    use_all();
    // And one that the watch of expected producers has for good, from when one is first seen alive:
    // which is chance.
    const auto before = descriptors() + 1;
    test::fail_call(argv[1], std::atoi(argv[2]), static_cast<unsigned>(std::atoi(argv[3])));
    use_all();
    constexpr int was_not_met = 2;
    const bool failed = test::call_failed();
    test::fail_call(nullptr, 0);
    use_all();
    // Threads that wait for queues, and for deaths, may have some for a moment.
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (descriptors() > before)
        if (std::chrono::steady_clock::now() > end) fail("at the end", "descriptors are left");
    return failed ? 0 : was_not_met;
}
