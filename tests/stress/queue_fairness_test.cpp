// Goal: under 8 producers and 8 consumers nobody waits in one put while all others complete more
// than a thousand each. Method: real processes on whatever cores there are. A producer counts what
// the others complete during each of its puts. A put in which the kernel took its processor from it
// at the end of a time slice is reported, not judged: that may be while it does not stand in line,
// as before and after, and no queue can shorten it.
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <doctest/doctest.h>
#include <new>
#include <sys/resource.h>
#include <vector>

namespace ipc = bobbin::ipc;

namespace {

constexpr std::size_t producers = 8;

struct alignas(64) progress {
    std::atomic<std::uint64_t> completed{0};
    // The most that each of the others completed during one put of this producer.
    std::uint64_t passed_waiting = 0;
    std::uint64_t passed_descheduled = 0;
    std::chrono::nanoseconds longest{0};
};

long lost_slices() {
    rusage used{};
    ::getrusage(RUSAGE_THREAD, &used);
    return used.ru_nivcsw;
}

void produce(ipc::shared_queue<std::array<std::uint64_t, 8>>& queue, progress* all,
             std::size_t self, std::uint64_t items) {
    std::array<std::uint64_t, producers> before{};
    for (std::uint64_t n = 0; n < items; ++n) {
        for (std::size_t p = 0; p < producers; ++p) before[p] = all[p].completed.load();
        const long lost = lost_slices();
        const auto start = std::chrono::steady_clock::now();
        queue.put({self, n});
        const auto took = std::chrono::steady_clock::now() - start;
        std::uint64_t passed = ~std::uint64_t{0};
        for (std::size_t p = 0; p < producers; ++p)
            if (p != self) passed = std::min(passed, all[p].completed.load() - before[p]);
        auto& own = all[self];
        auto& most = lost_slices() == lost ? own.passed_waiting : own.passed_descheduled;
        most = std::max(most, passed);
        own.longest = std::max<std::chrono::nanoseconds>(own.longest, took);
        own.completed.store(n + 1);
    }
}

}  // namespace

TEST_CASE("no producer waits in one put while each of the others completes a thousand") {
    constexpr std::uint64_t items = 100'000;
    const ipc::segment memory = ipc::segment::create(producers * sizeof(progress));
    auto* const all = new (memory.data()) progress[producers];
    ipc::shared_queue<std::array<std::uint64_t, 8>> queue(1U << 16U);
    std::vector<ipc::process> children;
    for (std::size_t p = 0; p < producers; ++p)
        children.push_back(ipc::process::forked([&, p] { produce(queue, all, p, items); }));
    std::vector<ipc::process> consumers;
    for (std::size_t c = 0; c < producers; ++c)
        consumers.push_back(ipc::process::forked([&] {
            try {
                for (;;) queue.get();
            } catch (const ipc::queue_closed&) {
            }
        }));
    for (auto& child : children) CHECK(child.join().ok());
    queue.close();
    for (auto& consumer : consumers) CHECK(consumer.join().ok());

    std::uint64_t waiting = 0;
    std::uint64_t descheduled = 0;
    std::chrono::nanoseconds longest{0};
    for (std::size_t p = 0; p < producers; ++p) {
        waiting = std::max(waiting, all[p].passed_waiting);
        descheduled = std::max(descheduled, all[p].passed_descheduled);
        longest = std::max(longest, all[p].longest);
    }
    MESSAGE("passed by each of the others at most "
            << waiting << " times while it waited (" << descheduled
            << " while it had no processor); the longest put took "
            << std::chrono::duration<double, std::milli>(longest).count() << " ms");
    CHECK(waiting <= 1000);
}
