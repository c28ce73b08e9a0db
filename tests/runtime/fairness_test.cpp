// Goal: while tasks keep all threads busy, Asio's timers and sockets get their turn, and when there
// is nothing to do, nothing is done. Method: loads of each kind, that never end by themselves; how
// late timers of 10 ms fire meanwhile. Another program may take the processor at any time, so the
// best of several rounds counts: what starves, starves in each. The bounds are several times
// what a quiet machine shows.

#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/workloads/fib.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <doctest/doctest.h>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bobbin::nursery;
using bobbin::task;
using bobbin::thread_pool;
using std::chrono::steady_clock;

constexpr std::size_t timers = 500;
constexpr auto delay = 10ms;
// The 99th percentile of how late they may fire.
constexpr auto latest = 2ms;
// From sending them all to the end of the last. A task that waits for its turn, not for a timer, is
// late by this alone.
constexpr auto longest = 200ms;

double in_ms(steady_clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

using lateness = std::vector<steady_clock::duration>;

steady_clock::duration percentile(const lateness& sorted, std::size_t percent) {
    return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

// Calls `measure` until it shows no starvation, and tells what it showed.
template <class F>
void check_in_time(const std::string& what, F measure) {
    constexpr int rounds = 10;
    auto best = steady_clock::duration::max();
    auto shortest = steady_clock::duration::max();
    for (int round = 0; round < rounds && (best >= latest || shortest >= longest); ++round) {
        const auto begin = steady_clock::now();
        lateness late = measure();
        const auto taken = steady_clock::now() - begin;
        shortest = std::min(shortest, taken);
        std::sort(late.begin(), late.end());
        CHECK(late.front() >= 0ms);
        best = std::min(best, percentile(late, 99));
        MESSAGE(what << ": late by " << in_ms(percentile(late, 50)) << " ms at p50, "
                     << in_ms(percentile(late, 99)) << " ms at p99, " << in_ms(late.back())
                     << " ms at most; all took " << in_ms(taken) << " ms");
    }
    CHECK(in_ms(best) < in_ms(latest));
    CHECK(in_ms(shortest) < in_ms(longest));
}

// Plain timers, started from outside.
lateness fire_timers(thread_pool& pool) {
    lateness late(timers);
    std::latch fired(timers);
    std::vector<boost::asio::steady_timer> started;
    started.reserve(timers);
    for (auto& each : late) {
        auto& timer = started.emplace_back(pool.get_executor(), delay);
        timer.async_wait([&each, &fired, due = timer.expiry()](boost::system::error_code) {
            each = steady_clock::now() - due;
            fired.count_down();
        });
    }
    fired.wait();
    return late;
}

task<void> measured_sleep(steady_clock::duration& late) {
    const auto due = steady_clock::now() + delay;
    co_await bobbin::sleep_until(due);
    late = steady_clock::now() - due;
}

// Tasks that sleep, sent in from outside.
lateness fire_sleeps(thread_pool& pool) {
    lateness late(timers);
    std::vector<task<void>> sleepers;
    for (auto& each : late) sleepers.push_back(measured_sleep(each));
    auto work = [&]() -> task<void> { co_await bobbin::when_all(std::move(sleepers)); };
    bobbin::sync_wait(pool, work());
    return late;
}

// A pool that stops what it runs at its end.
class loaded {
public:
    explicit loaded(unsigned threads) : pool_({.threads = threads, .name = "busy"}) {}
    loaded(const loaded&) = delete;
    loaded& operator=(const loaded&) = delete;
    ~loaded() { pool_.stop(); }
    thread_pool& pool() noexcept { return pool_; }

private:
    thread_pool pool_;
};

void check_timers(const std::string& load, thread_pool& pool) {
    check_in_time(load + ", timers", [&] { return fire_timers(pool); });
    check_in_time(load + ", sleeps", [&] { return fire_sleeps(pool); });
}

// --- loads ---

// Tasks of a microsecond that make one another, as many at once as at the beginning, on all of so
// many threads.
class short_tasks {
public:
    explicit short_tasks(unsigned threads) : all_take_part(threads), threads_(threads) {}

    std::latch all_take_part;
    std::atomic<long> ran = 0;
    std::atomic<bool> done = false;

    task<void> run() {
        auto body = [this](nursery& siblings) -> task<void> {
            for (unsigned i = 0; i < threads_; ++i) siblings.spawn(begin(siblings));
            co_return;
        };
        co_await bobbin::scope(body);
    }

private:
    // Blocks its thread, so that all threads take part.
    task<void> begin(nursery& siblings) {
        all_take_part.arrive_and_wait();
        for (int i = 0; i < 8; ++i) siblings.spawn(one(siblings));
        co_return;
    }
    task<void> one(nursery& siblings) {
        const auto end = steady_clock::now() + 1us;
        while (steady_clock::now() < end) {
        }
        ran.fetch_add(1, std::memory_order_relaxed);
        if (!done.load(std::memory_order_relaxed)) siblings.spawn(one(siblings));
        co_return;
    }

    unsigned threads_;
};

task<void> keep_forking(std::latch& begun) {
    begun.count_down();
    for (;;) static_cast<void>(co_await bobbin::fib(36));
}

// Never returns to the loop until it is told to.
task<void> keep_computing(std::latch& begun, const std::atomic<bool>& done) {
    begun.count_down();
    while (!done.load(std::memory_order_relaxed)) {
    }
    co_return;
}

task<long> ready() {
    co_return 1;
}

task<void> keep_awaiting_ready(std::latch& all_take_part) {
    all_take_part.arrive_and_wait();
    const auto token = co_await bobbin::this_stop_token();
    long sum = 0;
    while (!token.stop_requested()) sum += co_await ready();
    CHECK(sum > 0);
}

// --- an echo over loopback ---

class echo_session : public std::enable_shared_from_this<echo_session> {
public:
    explicit echo_session(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
    void read() {
        socket_.async_read_some(
            boost::asio::buffer(data_),
            [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
                if (!error) self->write(size);
            });
    }

private:
    void write(std::size_t size) {
        boost::asio::async_write(
            socket_, boost::asio::buffer(data_, size),
            [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                if (!error) self->read();
            });
    }

    boost::asio::ip::tcp::socket socket_;
    std::array<char, 256> data_{};
};

// The pool answers; this thread asks.
steady_clock::duration echo(thread_pool& pool, int round_trips) {
    using boost::asio::ip::tcp;
    const auto address = boost::asio::ip::address_v4::loopback();
    tcp::acceptor acceptor(pool.get_executor(), tcp::endpoint(address, 0));
    acceptor.async_accept([](boost::system::error_code error, tcp::socket accepted) {
        if (!error) std::make_shared<echo_session>(std::move(accepted))->read();
    });

    boost::asio::io_context own;
    tcp::socket client(own);
    client.connect(tcp::endpoint(address, acceptor.local_endpoint().port()));
    client.set_option(tcp::no_delay(true));
    const auto begin = steady_clock::now();
    std::array<char, 64> sent{};
    std::array<char, 64> received{};
    int wrong = 0;
    for (int i = 0; i < round_trips; ++i) {
        sent.fill(static_cast<char>(i));
        received.fill(0);
        boost::asio::write(client, boost::asio::buffer(sent));
        boost::asio::read(client, boost::asio::buffer(received));
        if (sent != received) ++wrong;
    }
    CHECK(wrong == 0);
    return steady_clock::now() - begin;
}

void check_echo(const std::string& load, thread_pool& pool) {
    const auto taken = echo(pool, 100);
    MESSAGE(load << ", 100 echoes: " << in_ms(taken) << " ms");
    CHECK(taken < 3s);
}

std::chrono::nanoseconds process_cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

TEST_CASE("timers and sockets have their turn beside short tasks on all threads") {
    for (const unsigned threads : {1U, 2U}) {
        CAPTURE(threads);
        short_tasks tasks(threads);
        loaded load(threads);
        load.pool().spawn(tasks.run());
        tasks.all_take_part.wait();
        const auto what = "short tasks on " + std::to_string(threads);
        check_timers(what, load.pool());
        check_echo(what, load.pool());
        // The load was one.
        CHECK(load.pool().stats().yielded > 100);
        CHECK(tasks.ran > 1000);
        tasks.done = true;
    }
}

TEST_CASE("timers and sockets have their turn beside a fork-join tree") {
    for (const unsigned threads : {1U, 2U}) {
        CAPTURE(threads);
        std::latch begun(1);
        loaded load(threads);
        load.pool().spawn(keep_forking(begun));
        begun.wait();
        const auto what = "fib on " + std::to_string(threads);
        check_timers(what, load.pool());
        check_echo(what, load.pool());
        CHECK(load.pool().stats().yielded > 100);
    }
}

TEST_CASE("timers and sockets have their turn while one of two threads computes") {
    std::latch begun(1);
    std::atomic<bool> done = false;
    loaded load(2);
    load.pool().spawn(keep_computing(begun, done));
    begun.wait();
    check_timers("computing on one of 2", load.pool());
    check_echo("computing on one of 2", load.pool());
    done = true;
}

TEST_CASE("timers and sockets have their turn beside tasks that await what is ready") {
    for (const unsigned threads : {1U, 2U}) {
        CAPTURE(threads);
        std::latch all_take_part(threads);
        loaded load(threads);
        for (unsigned i = 0; i < threads; ++i)
            load.pool().spawn(keep_awaiting_ready(all_take_part));
        all_take_part.wait();
        const auto what = "awaiting what is ready on " + std::to_string(threads);
        check_timers(what, load.pool());
        check_echo(what, load.pool());
        CHECK(load.pool().stats().yielded > 100);
    }
}

TEST_CASE("a thousand that sleep at once sleep side by side, on one thread too") {
    for (const unsigned threads : {1U, 2U}) {
        CAPTURE(threads);
        thread_pool pool({.threads = threads, .name = "sleep"});
        std::vector<task<void>> sleepers;
        for (int i = 0; i < 1000; ++i) sleepers.push_back(bobbin::sleep_for(50ms));
        auto work = [&]() -> task<void> { co_await bobbin::when_all(std::move(sleepers)); };
        const auto begin = steady_clock::now();
        bobbin::sync_wait(pool, work());
        const auto taken = steady_clock::now() - begin;
        CHECK(taken >= 50ms);
        CHECK(taken < 1s);
    }
}

TEST_CASE("an idle pool takes no time of the processor") {
    thread_pool pool({.threads = 8, .name = "idle"});
    // One that has worked, and one timer that waits.
    static_cast<void>(bobbin::sync_wait(pool, bobbin::fib(22)));
    pool.spawn(bobbin::sleep_for(1h));
    auto best = std::chrono::nanoseconds::max();
    for (int round = 0; round < 3 && best >= 1ms; ++round) {
        const auto before = process_cpu_time();
        std::this_thread::sleep_for(1s);
        best = std::min(best, process_cpu_time() - before);
    }
    MESSAGE("8 idle threads took " << in_ms(best) << " ms in 1 s");
    CHECK(best < 5ms);
    pool.stop();
}
