// Goal: whatever allocation of the application fails, on whatever thread, an operation gives its
// result or std::bad_alloc; it ends nothing, hangs nowhere, and leaves nothing behind. Method: see
// support/out_of_memory.hpp.

#define DOCTEST_CONFIG_IMPLEMENT
#include "support/out_of_memory.hpp"

#include "await.hpp"
#include "workers.hpp"

#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/runtime/as_completed.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <doctest/doctest.h>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace ipc = bobbin::ipc;
using bobbin::fn;
using bobbin::job;
using bobbin::sync_wait;
using bobbin::task;
using ipc::process_pool;
using ipc::process_pool_options;
using test::out_of_memory::operation;

// --- what workers do ---

int sum(int a, int b) {
    return a + b;
}
std::string repeated(const std::string& text) {
    return text + text;
}
int first_of(const ipc::shared_array<int>& of) {
    return of[0];
}
int greeting = 0;
void remember(int number, const std::string& /*large*/) {
    greeting = number;
}
int remembered() {
    return greeting;
}
void print(int number) {
    std::printf("line %d\nand\n", number);
}
[[noreturn]] int crash() {
    ::raise(SIGKILL);
    std::abort();
}
int sleep_long() {
    std::this_thread::sleep_for(1h);
    return 0;
}
task<int> sleep_until_stopped() {
    co_await bobbin::sleep_for(1h);
    co_return 0;
}
int fail() {
    throw std::runtime_error("failed");
}
int exit_code(const std::string& text) {
    return static_cast<int>(text.size() % 100);
}

std::vector<int> numbers(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

// --- how they are tried ---

// With a pool that is there for all the runs.
template <class F>
operation with_pool(std::string name, F f) {
    return {std::move(name), [] { return std::make_shared<process_pool>(2); },
            [f](void* pool) { return f(*static_cast<process_pool*>(pool)); }};
}
// With one of each run's own.
template <class F>
operation with_own_pool(std::string name, F f) {
    return {std::move(name), nullptr, [f](void*) { return f(); }};
}

// How a job has failed, as the type that it was to fail with.
template <class E, class R>
bool failed_with(const job<R>& ended) {
    try {
        ended.get();
        return false;
    } catch (const E&) {
        return true;
    }
}

bool submits(process_pool& pool) {
    std::vector<job<int>> jobs;
    for (int i = 0; i < 30; ++i) jobs.push_back(pool.submit(test::twice, i));
    for (int i = 0; i < 30; ++i)
        if (jobs[static_cast<std::size_t>(i)].get() != 2 * i) return false;
    return true;
}
bool submits_with_options(process_pool& pool) {
    auto retried = pool.submit({.timeout = 1h, .retries = 2}, test::twice, 3);
    auto urgent = pool.submit({.priority = bobbin::priority::high}, test::twice, 4);
    return retried.get() == 6 && urgent.get() == 8;
}
bool sends_much(process_pool& pool) {
    const std::string text(50'000, 'x');
    auto one = pool.submit(fn<&repeated>(), text);
    auto two = pool.submit(fn<&repeated>(), text);
    return one.get().size() == 100'000 && two.get().size() == 100'000;
}
bool sends_objects(process_pool& pool) {
    ipc::shared_array<int> numbers(10);
    numbers[0] = 42;
    auto one = pool.submit(fn<&first_of>(), numbers);
    auto two = pool.submit(fn<&first_of>(), numbers);
    return one.get() == 42 && two.get() == 42;
}
bool times_out(process_pool& pool) {
    auto late = pool.submit({.timeout = 5ms}, fn<&sleep_long>());
    auto asked = pool.submit({.timeout = 5ms}, fn<&sleep_until_stopped>());
    return failed_with<bobbin::timed_out>(late) && failed_with<bobbin::timed_out>(asked);
}
bool calls_back(process_pool& pool) {
    std::promise<int> told;
    auto result = told.get_future();
    auto j = pool.submit(test::twice, 3);
    j.on_done([&told](const job<int>& ended) {
        try {
            told.set_value(ended.get());
        } catch (...) {
            told.set_exception(std::current_exception());
        }
    });
    return result.get() == 6 && pool.submit(test::twice, 4).get() == 8;
}
bool cancels(process_pool& pool) {
    std::vector<job<int>> jobs;
    struct at_end {  // also if there is no memory for all
        std::vector<job<int>>* all;
        ~at_end() {
            for (const auto& each : *all) each.cancel();
        }
    } const all_are_cancelled{&jobs};
    jobs.reserve(6);
    for (int i = 0; i < 6; ++i) jobs.push_back(pool.submit(fn<&sleep_until_stopped>()));
    for (auto each = jobs.rbegin(); each != jobs.rend(); ++each) each->cancel();
    for (const auto& each : jobs)
        if (!failed_with<bobbin::cancelled>(each)) return false;
    return true;
}
bool stops() {
    process_pool pool(2);
    std::vector<job<int>> jobs;
    try {
        for (int i = 0; i < 4; ++i) jobs.push_back(pool.submit(fn<&sleep_until_stopped>()));
        jobs.push_back(pool.submit({.timeout = 1h}, fn<&sleep_long>()));
    } catch (...) {
        pool.stop();
        throw;
    }
    pool.stop();
    for (const auto& each : jobs)
        if (!failed_with<bobbin::cancelled>(each)) return false;
    return true;
}
bool maps(process_pool& pool) {
    const auto all = sync_wait(pool.map(test::twice, numbers(60)));
    return all.size() == 60 && all.at(59) == 118;
}
bool maps_tuples(process_pool& pool) {
    const std::vector<std::tuple<int, int>> pairs(20, {1, 2});
    return sync_wait(pool.starmap(fn<&sum>(), pairs)) == std::vector<int>(20, 3);
}
bool maps_each(process_pool& pool) {
    const auto all = sync_wait(pool.map_each(test::twice, numbers(20)));
    return all.size() == 20 && all.at(19).value() == 38;
}
template <class Stream>
task<int> add_up(Stream results) {
    int all = 0;
    while (auto each = co_await results.next()) all += each->value();
    co_return all;
}
bool streams(process_pool& pool) {
    auto results = pool.map_stream(test::twice, numbers(30), {.window = 8});
    return sync_wait(add_up(std::move(results))) == 29L * 30;
}
bool streams_unordered(process_pool& pool) {
    auto results = pool.map_unordered(test::twice, numbers(30), {.window = 8});
    return sync_wait(add_up(std::move(results))) == 29L * 30;
}
bool reduces(process_pool& pool) {
    return sync_wait(pool.map_reduce(test::twice, numbers(30), std::plus<>(), 0L)) == 29L * 30;
}
bool waits_for_some(process_pool& pool) {
    std::vector<job<int>> jobs;
    for (int i = 0; i < 5; ++i) jobs.push_back(pool.submit(test::twice, i));
    if (sync_wait(bobbin::wait_any(jobs)) > 4) return false;
    sync_wait(bobbin::wait_all(jobs));
    bobbin::thread_pool threads({.threads = 1});
    auto awaits = [&pool]() -> task<int> {
        auto one = pool.submit(test::twice, 21);
        const int result = co_await std::move(one);
        const int another = co_await pool.run(test::twice, 4);
        co_return result + another;
    };
    return sync_wait(threads, awaits()) == 50;
}
bool survives_deaths(process_pool& pool) {
    auto lost = pool.submit(fn<&crash>());
    auto others = pool.submit(test::twice, 4);
    return failed_with<ipc::worker_died>(lost) && others.get() == 8;
}
bool survives_servers_death(process_pool& pool) {
    const pid_t server = pool.submit(test::server_of_worker).get();
    ::kill(server, SIGKILL);
    for (;;) {  // what was claimed when the server died is lost, and its workers may live a moment
        try {
            if (pool.submit(test::server_of_worker).get() != server)
                return pool.submit(test::twice, 4).get() == 8;
        } catch (const ipc::worker_died&) {
        }
    }
}
// A pool that all the deaths of its workers do not break.
std::shared_ptr<void> make_patient_pool() {
    process_pool_options options(2);
    options.restart_intensity.most = 1'000'000;
    return std::make_shared<process_pool>(options);
}
bool is_made() {
    process_pool pool(2);
    return pool.size() == 2;
}
bool rests() {
    process_pool_options options(2);
    options.idle_timeout = 1ms;
    process_pool pool(options);
    const pid_t worker = pool.submit(test::pid_there).get();
    while (::kill(worker, 0) == 0) std::this_thread::yield();
    return pool.submit(test::twice, 4).get() == 8;
}
bool initialises() {
    process_pool_options options(1);
    options.initializer = ipc::initializer(fn<&remember>(), 7, std::string(10'000, 'x'));
    process_pool pool(options);
    return pool.submit(fn<&remembered>()).get() == 7;
}
bool captures_output() {
    std::atomic<int> lines = 0;
    {
        process_pool_options options(2);
        options.output = ipc::output::capture;
        options.on_output = [&lines](pid_t, std::string_view) { ++lines; };
        process_pool pool(options);
        sync_wait(pool.map(fn<&print>(), numbers(20)));
    }
    return lines == 40;
}
bool starts_a_process() {
    ipc::process child(fn<&exit_code>(), std::string(10'050, 'x'));
    bobbin::thread_pool threads({.threads = 1});
    return sync_wait(threads, child.ended()).code == 50 && child.join().code == 50;
}
// A table of exceptions is made when the first comes from a worker, and kept: that is no leak.
void make_table_of_exceptions() {
    process_pool pool(1);
    if (!failed_with<std::runtime_error>(pool.submit(fn<&fail>()))) std::abort();
}

const std::vector<operation>& all_operations() {
    static const std::vector<operation> all = {
        with_own_pool("process_pool", is_made),
        with_pool("submit", submits),
        with_pool("submit with options", submits_with_options),
        with_pool("submit with large arguments", sends_much),
        with_pool("submit with shared objects", sends_objects),
        with_pool("submit, late", times_out),
        with_pool("on_done", calls_back),
        with_pool("cancel", cancels),
        with_own_pool("stop", stops),
        with_pool("map", maps),
        with_pool("starmap", maps_tuples),
        with_pool("map_each", maps_each),
        with_pool("map_stream", streams),
        with_pool("map_unordered", streams_unordered),
        with_pool("map_reduce", reduces),
        with_pool("wait_any, wait_all, co_await, run", waits_for_some),
        with_pool("a worker's death", survives_deaths),
        {"the fork server's death", make_patient_pool,
         [](void* pool) { return survives_servers_death(*static_cast<process_pool*>(pool)); }},
        with_own_pool("idle_timeout", rests),
        with_own_pool("initializer", initialises),
        with_own_pool("output::capture", captures_output),
        with_own_pool("process, ended, join", starts_a_process),
    };
    return all;
}

}  // namespace

TEST_CASE("no allocation of the application's that fails ends it, hangs, or leaks") {
    test::out_of_memory::check(all_operations());
}

int main(int argc, char** argv) {
    ipc::init(argc, argv);
    if (argc > 2 && std::string(argv[1]) == "--out-of-memory") make_table_of_exceptions();
    if (const auto code = test::out_of_memory::run_here(argc, argv, all_operations())) return *code;
    return doctest::Context(argc, argv).run();
}
