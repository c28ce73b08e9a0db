// See control.hpp.
#include "control.hpp"

#include "../peers/serial.hpp"
#include "affinity.hpp"
#include "measure.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <thread>
#include <vector>

namespace bench {
namespace {

constexpr int samples = 5;
constexpr int fib_size = 31;
constexpr unsigned trips = 20'000;

double fib_on_two_cores(const std::vector<std::size_t>& cpus) {
    std::vector<double> ns(2);
    const auto run = [&](std::size_t core) {
        const confine here({cpus[core % cpus.size()]});
        const run_result result = timed([] { return peers::serial_fib(fib_size); });
        ns[core] = result.seconds * 1e9 / static_cast<double>(peers::fib_calls(fib_size));
    };
    std::thread other(run, 1);
    std::thread one(run, 0);
    one.join();
    other.join();
    return (ns[0] + ns[1]) / 2;
}

double ping_pong(const std::vector<std::size_t>& cpus) {
    alignas(64) std::atomic<unsigned> ball{0};
    const auto play = [&](std::size_t player, unsigned parity) {
        const confine here({cpus[player % cpus.size()]});
        for (unsigned turn = parity; turn < 2 * trips; turn += 2) {
            unsigned looks = 0;
            // acquire pairs with the other player's release: a turn follows the one before it.
            while (ball.load(std::memory_order_acquire) != turn) {
                if (++looks % 4096 == 0) {
                    std::this_thread::yield();  // both may share a core
                }
            }
            ball.store(turn + 1, std::memory_order_release);
        }
    };
    const auto start = std::chrono::steady_clock::now();
    std::thread other(play, 1, 1);
    std::thread one(play, 0, 0);
    one.join();
    other.join();
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - start;
    return elapsed.count() / (2.0 * trips);
}

bool moved(double before, double after) {
    return std::abs(after - before) > 0.1 * before;
}

}  // namespace

control measure_control() {
    const std::vector<std::size_t> cpus = allowed_cpus();
    std::vector<double> fib;
    std::vector<double> trip;
    for (int i = 0; i < samples; ++i) {
        fib.push_back(fib_on_two_cores(cpus));
        trip.push_back(ping_pong(cpus));
    }
    return {.fib_ns = median(fib), .ping_pong_ns = median(trip)};
}

std::string describe(const control& before, const control& after) {
    std::string text = fmt::format(
        "controls before / after: serial fib on both cores {:.2f} / {:.2f} ns a call,\n"
        "  a cache line from core to core {:.0f} / {:.0f} ns\n",
        before.fib_ns, after.fib_ns, before.ping_pong_ns, after.ping_pong_ns);
    if (moved(before.fib_ns, after.fib_ns) || moved(before.ping_pong_ns, after.ping_pong_ns)) {
        text +=
            "NOTE: the controls moved by more than 10 % during this run: the machine changed\n"
            "  under it. Ratios within a round still hold; figures may not.\n";
    }
    return text;
}

}  // namespace bench
