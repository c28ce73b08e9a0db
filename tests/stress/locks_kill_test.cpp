// Goal: locks, values and what processes wait with survive the death of any user at any moment: who
// lives gets on. Method: two processes live through it all, each in its role; beside them, one
// victim after the other plays both roles until it is killed, at a random moment or, in a build
// that has them, at every fault point. After each death both survivors have to get on; no call of
// theirs may exceed its deadline. BOBBIN_KILLS is the number of deaths of each subject.
#include <bobbin/ipc/barrier.hpp>
#include <bobbin/ipc/condition.hpp>
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/recursive_mutex.hpp>
#include <bobbin/ipc/semaphore.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/detail/os/fault_point.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace ipc = bobbin::ipc;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

void require(bool holds) {
    if (!holds) std::abort();  // in a child: the parent sees it
}

// A step of each role, any number of times, by any process.
struct subject {
    std::string name;
    std::function<void()> first;
    std::function<void()> second;
    std::vector<std::string> points;
};

// Has the lock, whatever became of who had it before.
template <class L>
std::unique_lock<L> lock(L& of) {
    try {
        require(of.try_lock_for(patience));
    } catch (const ipc::owner_died&) {
        of.recover();
    }
    return std::unique_lock(of, std::adopt_lock);
}

const std::vector<std::string> lock_points = {
    "mutex.locked",         "mutex.entered", "mutex.abandoned",    "mutex.recovering",
    "mutex.half_recovered", "mutex.leaving", "lock.from_the_dead", "lock.repaired"};

template <class L>
subject lock_subject(const std::string& name) {
    L mutex;
    ipc::shared_array<std::uint64_t> numbers(2);
    const auto step = [mutex, numbers]() mutable {
        const auto section = lock(mutex);
        // Only who has the lock writes these, and only together, but for those who died between.
        const std::uint64_t next = std::max(numbers.at(0).load(), numbers.at(1).load()) + 1;
        numbers.at(0) = next;
        numbers.at(1) = next;
    };
    return {name, step, step, lock_points};
}

subject value_subject() {
    struct large {
        std::array<std::uint64_t, 16> copies;
    };
    ipc::shared_value<large> value;
    const auto write = [value, n = std::uint64_t{0}]() mutable {
        large next{};
        next.copies.fill(++n);
        try {
            value.store(next);
        } catch (const ipc::owner_died&) {
            lock(value.get_lock());
        }
    };
    const auto read = [value] {
        const large seen = value.load();
        for (const auto each : seen.copies) require(each == seen.copies[0]);
    };
    return {"value",
            write,
            read,
            {"value.locked", "value.half_written", "value.written", "value.stored"}};
}

subject semaphore_subject() {
    ipc::semaphore permits(0);
    return {"semaphore",
            [permits]() mutable {
                if (permits.value() < 10) permits.release();
            },
            [permits]() mutable { require(permits.try_acquire_for(patience)); },
            {"semaphore.first", "semaphore.taken", "semaphore.giving", "semaphore.released",
             "event_count.prepared", "event_count.flagged"}};
}

subject event_subject() {
    ipc::event event;
    return {"event",
            [event]() mutable {
                event.set();
                event.clear();
            },
            [event] { require(event.wait_for(patience)); },
            {"event.locked", "event.changed", "event_count.prepared", "event_count.flagged"}};
}

subject barrier_subject() {
    ipc::barrier barrier(2);
    const auto arrive = [barrier]() mutable { barrier.arrive_and_wait_for(patience); };
    return {"barrier",
            arrive,
            arrive,
            {"barrier.locked", "barrier.arrived", "barrier.all_came", "event_count.prepared",
             "event_count.flagged"}};
}

subject condition_subject() {
    ipc::mutex mutex;
    ipc::condition changed;
    ipc::shared_value<std::uint64_t> count(0);
    return {
        "condition",
        [mutex, changed, count]() mutable {
            auto section = lock(mutex);
            ++count;
            changed.notify_all();
        },
        [mutex, changed, count]() mutable {
            auto section = lock(mutex);
            const std::uint64_t seen = count.load();
            const auto until = std::chrono::steady_clock::now() + patience;
            while (count.load() == seen) {
                try {
                    require(changed.wait_until(section, until) == std::cv_status::no_timeout);
                } catch (const ipc::owner_died&) {
                    section = lock(mutex);
                }
            }
        },
        {"condition.locked", "condition.notified", "event_count.prepared", "event_count.flagged"}};
}

void await_progress(ipc::shared_value<std::uint64_t>& steps) {
    const auto seen = steps.load();
    const auto deadline = std::chrono::steady_clock::now() + 2 * patience;
    while (steps.load() == seen) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
    }
}

int play(const subject& in, const std::string& fault) {
#ifdef BOBBIN_FAULTS
    if (!fault.empty()) bobbin::detail::arm_fault(fault.c_str());
#else
    static_cast<void>(fault);
#endif
    for (int i = 0; i < 100'000; ++i) (i / 3 % 2 == 0 ? in.first : in.second)();
    return 0;
}

template <class FaultOf, class End>
void run_deaths(const subject& in, unsigned deaths, FaultOf fault_of, End end) {
    CAPTURE(in.name);
    ipc::shared_value<std::uint64_t> first_steps(0);
    ipc::shared_value<std::uint64_t> second_steps(0);
    const auto survive = [](const std::function<void()>& step, ipc::shared_value<std::uint64_t> n) {
        for (;; ++n) step();
    };
    auto first = ipc::process::forked([&] { survive(in.first, first_steps); });
    auto second = ipc::process::forked([&] { survive(in.second, second_steps); });
    unsigned killed = 0;
    for (unsigned i = 0; i < deaths; ++i) {
        auto victim = ipc::process::forked([&] { return play(in, fault_of(i)); });
        end(victim);
        const auto ended = victim.join();
        CHECK((ended.signal == SIGKILL || ended.ok()));
        if (ended.signal == SIGKILL) ++killed;
        await_progress(first_steps);
        await_progress(second_steps);
    }
    CHECK(first.running());
    CHECK(second.running());
    first.kill();
    second.kill();
    MESSAGE(in.name << ": " << killed << " killed, " << first_steps.load() << " and "
                    << second_steps.load() << " steps beside");
    CHECK(killed > deaths / 2);
}

std::vector<subject> all_subjects() {
    return {lock_subject<ipc::mutex>("mutex"),
            lock_subject<ipc::recursive_mutex>("recursive mutex"),
            value_subject(),
            semaphore_subject(),
            event_subject(),
            barrier_subject(),
            condition_subject()};
}

unsigned deaths() {
    const char* const text = std::getenv("BOBBIN_KILLS");
    return text == nullptr ? 100 : static_cast<unsigned>(std::atoi(text));
}

}  // namespace

TEST_CASE("whatever processes wait with survives kills at random moments") {
    std::mt19937 random(1);
    std::uniform_int_distribution<int> microseconds(0, 300);
    for (const subject& each : all_subjects())
        run_deaths(
            each, deaths(), [](unsigned) { return std::string(); },
            [&](ipc::process& victim) {
                const auto until = std::chrono::steady_clock::now() +
                                   std::chrono::microseconds(microseconds(random));
                while (std::chrono::steady_clock::now() < until) continue;
                victim.kill();
            });
}

#ifdef BOBBIN_FAULTS
TEST_CASE("it survives a kill at every point, at its first passages and at later ones") {
    for (const subject& each : all_subjects()) {
        auto points = each.points;
        points.emplace_back("*");
        for (const std::string& point : points) {
            CAPTURE(point);
            run_deaths(
                each, deaths() / 10,
                [&](unsigned i) { return point + ":kill9:n=" + std::to_string(1 + i % 50); },
                [](ipc::process& victim) {
                    // Some points are passed only when things go that way.
                    if (!victim.join_for(20ms)) victim.kill();
                });
        }
    }
}
#endif
