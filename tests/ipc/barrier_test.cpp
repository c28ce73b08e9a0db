// A place where processes wait for each other.
#include "children.hpp"

#include <bobbin/ipc/barrier.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <stdexcept>
#include <thread>

using bobbin::ipc::barrier;
using bobbin::ipc::broken_barrier;
using bobbin::ipc::create_named;
using bobbin::ipc::open_named;
using bobbin::ipc::process;
using bobbin::ipc::shared_array;
using bobbin::ipc::shared_value;
using namespace std::chrono_literals;

namespace {

// Exit codes of those who wait.
constexpr int passed = 0;
constexpr int was_broken = 7;

int arrive(barrier& gate) {
    try {
        gate.arrive_and_wait();
    } catch (const broken_barrier&) {
        return was_broken;
    }
    return passed;
}

// A process that waits at the barrier, asleep.
process waiter(barrier& gate) {
    auto result = process::forked([&] { return arrive(gate); });
    REQUIRE(test::await_sleep(result));
    return result;
}

}  // namespace

TEST_CASE("nobody begins a phase before all have ended the one before") {
    constexpr int parties = 8;
    constexpr int phases = 200;
    barrier gate(parties);
    shared_array<int> came(phases);
    shared_array<int> first(phases);
    shared_value<int> too_early;
    test::run_at_once(parties, [&](int) {
        for (std::size_t phase = 0; phase < phases; ++phase) {
            came[phase] += 1;
            if (gate.arrive_and_wait() == 0) first[phase] += 1;
            if (came[phase] != parties) ++too_early;
        }
    });
    CHECK(too_early == 0);
    for (const int each : first) CHECK(each == 1);
    CHECK(gate.waiting() == 0);
}

TEST_CASE("each who comes gets another number") {
    barrier gate(6);
    shared_array<int> numbers(6);
    test::run_at_once(6, [&](int) { numbers.at(gate.arrive_and_wait()) += 1; });
    for (const int each : numbers) CHECK(each == 1);
}

TEST_CASE("threads see behind a barrier what others did before it") {
    barrier gate(3);
    std::array<int, 3> marks{};
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < 3; ++i)
        all.emplace_back([&, i, own = gate]() mutable {
            for (int round = 1; round <= 200; ++round) {
                marks[i] = round;
                own.arrive_and_wait();
                for (const int each : marks) CHECK(each == round);
                own.arrive_and_wait();
            }
        });
    for (auto& each : all) each.join();
}

TEST_CASE("one party alone never waits") {
    barrier gate(1);
    CHECK(gate.arrive_and_wait() == 0);
    CHECK(gate.arrive_and_wait() == 0);
}

TEST_CASE("a barrier for nobody, or for more than can be counted, is an error") {
    CHECK_THROWS_AS(barrier{0}, std::invalid_argument);
    CHECK_THROWS_AS(barrier{std::size_t{1} << 31U}, std::invalid_argument);
}

TEST_CASE("who runs out of time breaks the barrier for all") {
    barrier gate(4);
    auto one = waiter(gate);
    auto other = waiter(gate);
    CHECK(gate.waiting() == 2);
    const auto took =
        test::time_of([&] { CHECK_THROWS_AS(gate.arrive_and_wait_for(20ms), broken_barrier); });
    CHECK(took >= 20ms);
    CHECK(one.join().code == was_broken);
    CHECK(other.join().code == was_broken);
    CHECK(gate.broken());
    CHECK_THROWS_AS(gate.arrive_and_wait(), broken_barrier);
    CHECK(gate.waiting() == 0);
}

TEST_CASE("abort() breaks the barrier for those who wait and those who come") {
    barrier gate(3);
    auto waiting = waiter(gate);
    gate.abort();
    gate.abort();
    CHECK(waiting.join().code == was_broken);
    CHECK(gate.broken());
    CHECK_THROWS_AS(gate.arrive_and_wait(), broken_barrier);
}

TEST_CASE("a broken barrier is as new after reset()") {
    barrier gate(2);
    gate.abort();
    gate.reset();
    CHECK_FALSE(gate.broken());
    auto waiting = waiter(gate);
    CHECK(gate.arrive_and_wait() == 1);
    CHECK(waiting.join().code == passed);
}

TEST_CASE("reset() sends away those who wait, and nobody if none does") {
    barrier gate(2);
    gate.reset();
    auto waiting = waiter(gate);
    gate.reset();
    CHECK(waiting.join().code == was_broken);
    CHECK_FALSE(gate.broken());
    CHECK(gate.waiting() == 0);
    auto next = waiter(gate);
    CHECK(gate.arrive_and_wait() == 1);
    CHECK(next.join().code == passed);
}

TEST_CASE("one who waited learns how its own phase ended, whatever came later") {
    barrier gate(2);
    auto slow = waiter(gate);
    ::kill(slow.pid(), SIGSTOP);
    CHECK(gate.arrive_and_wait() == 1);
    for (int i = 0; i < 10; ++i) {
        gate.abort();
        gate.reset();
    }
    ::kill(slow.pid(), SIGCONT);
    CHECK(slow.join().code == passed);

    slow = waiter(gate);
    ::kill(slow.pid(), SIGSTOP);
    gate.abort();
    gate.reset();
    for (int i = 0; i < 10; ++i) {
        auto other = process::forked([&] { return arrive(gate); });
        gate.arrive_and_wait();
        CHECK(other.join().code == passed);
    }
    ::kill(slow.pid(), SIGCONT);
    CHECK(slow.join().code == was_broken);
}

TEST_CASE("a process that is killed while it waits has arrived") {
    barrier gate(3);
    auto doomed = waiter(gate);
    auto waiting = waiter(gate);
    doomed.kill();
    CHECK(doomed.join().signal == SIGKILL);
    CHECK(gate.waiting() == 2);
    CHECK(gate.arrive_and_wait() == 2);
    CHECK(waiting.join().code == passed);
    CHECK(gate.waiting() == 0);
}

TEST_CASE("a process that died before it came is waited for only as long as one asks") {
    barrier gate(2);
    CHECK(process::forked([&] { ::kill(::getpid(), SIGKILL); }).join().signal == SIGKILL);
    CHECK_THROWS_AS(gate.arrive_and_wait_for(5ms), broken_barrier);
}

TEST_CASE("processes that are killed at a barrier leave one that works") {
    barrier gate(2);
    for (int i = 0; i < 30; ++i) {
        test::waypoint running;
        const auto go_round = [&] {
            test::arrive(running.path());
            while (arrive(gate) == passed) continue;
        };
        auto doomed = process::forked(go_round);
        auto other = process::forked(go_round);
        REQUIRE(running.await_arrivals(2));
        doomed.kill();
        CHECK(doomed.join().signal == SIGKILL);
        gate.abort();
        CHECK(other.join().ok());
        gate.reset();
        auto waiting = waiter(gate);
        CHECK(gate.arrive_and_wait() == 1);
        CHECK(waiting.join().code == passed);
    }
}

TEST_CASE("copies, and barriers opened by name or by segment, are the same") {
    const test::unique_name name;
    barrier gate(create_named{name.text()}, 2);
    const barrier copy = gate;
    const barrier attached(gate.memory());
    const barrier opened(open_named{name.text()});
    gate.abort();
    CHECK(copy.broken());
    CHECK(attached.broken());
    CHECK(opened.broken());
    CHECK(opened.parties() == 2);
    CHECK_THROWS_AS(barrier(shared_value<int>().memory()), bobbin::ipc::wrong_segment);
}
