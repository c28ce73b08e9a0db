// Goal: under 8 producers and 8 consumers no item is lost, doubled or torn. Method: ten million of
// 64 bytes, each of which is counted in shared memory by whoever gets it.
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/shared_queue.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <doctest/doctest.h>
#include <span>
#include <vector>

namespace ipc = bobbin::ipc;

namespace {

constexpr std::uint64_t processes = 8;
constexpr std::uint64_t items = 10'000'000;
constexpr std::uint64_t items_each = items / processes;
using item = std::array<std::uint64_t, 8>;
using counts = std::span<std::atomic<std::uint8_t>>;

item numbered(std::uint64_t number) {
    item whole;
    for (std::uint64_t i = 0; i < whole.size(); ++i) whole[i] = number * (i + 1);
    return whole;
}

void produce(ipc::shared_queue<item>& queue, std::uint64_t self) {
    for (std::uint64_t i = 0; i < items_each; ++i) queue.put(numbered(self * items_each + i));
}

// 1 if an item was none that was put.
int consume(ipc::shared_queue<item>& queue, counts seen) {
    try {
        for (;;) {
            const item got = queue.get();
            if (got[0] >= items || got != numbered(got[0])) return 1;
            seen[got[0]].fetch_add(1, std::memory_order_relaxed);
        }
    } catch (const ipc::queue_closed&) {
        return 0;
    }
}

}  // namespace

TEST_CASE("eight producers and eight consumers lose, double and tear nothing") {
    const ipc::segment memory = ipc::segment::create(items);
    const counts seen(reinterpret_cast<std::atomic<std::uint8_t>*>(memory.data()), items);
    ipc::shared_queue<item> queue(1U << 16U);
    std::vector<ipc::process> producers;
    std::vector<ipc::process> consumers;
    for (std::uint64_t i = 0; i < processes; ++i) {
        producers.push_back(ipc::process::forked([&, i] { produce(queue, i); }));
        consumers.push_back(ipc::process::forked([&] { return consume(queue, seen); }));
    }
    for (auto& each : producers) CHECK(each.join().ok());
    queue.close();
    for (auto& each : consumers) CHECK(each.join().ok());
    CHECK(std::ranges::all_of(
        seen, [](const auto& count) { return count.load(std::memory_order_relaxed) == 1; }));
}
