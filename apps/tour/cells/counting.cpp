// In57-In64: three ways of counting jobs.
#include "captured_output.hpp"
#include "cell.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>
#include <bobbin/workloads/map_reduce.hpp>

#include <array>
#include <atomic>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>
#include <ranges>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tour {
namespace {

// shown by In59
std::atomic<int> global_counter = 0;

void f2(int i) {
    global_counter += 1;
    fmt::print("{} {}\n", ::getpid(), i);
}
// to here

void in59(notebook& nb) {
    const captured_output output;
    // shown by In59

    f2(10);
    fmt::print("counter {}\n", global_counter);

    global_counter = 0;
    for (int i = 0; i < 10; ++i) {
        bobbin::ipc::process p(bobbin::fn<&f2>(), i);
        p.join();
    }
    fmt::print("counter {}\n", global_counter);

    bobbin::thread_pool pool({.threads = 2});
    const auto count = [](int) { global_counter += 1; };
    bobbin::sync_wait(pool, pool.map(count, std::views::iota(0, 10)));
    fmt::print("counter {}, by threads\n", global_counter);
    // to here
    nb.printed = output.lines();
    global_counter = 0;
}

verdict look59(const notebook& nb) {
    const std::vector<std::string>& lines = nb.printed;
    bool ok = lines.size() == 14 && lines[0] == fmt::format("{} 10", ::getpid()) &&
              lines[1] == "counter 1" && lines[12] == "counter 0" &&
              lines[13] == "counter 10, by threads";
    for (std::size_t i = 2; ok && i < 12; ++i) {
        ok = lines[i].ends_with(fmt::format(" {}", i - 2)) && lines[i] != lines[0];
    }
    return {.ok = ok, .result = fmt::format("{}", fmt::join(lines, "\n"))};
}

// shown by In62
using shared_int = bobbin::ipc::shared_value<int>;
using shared_ints = bobbin::ipc::shared_array<int>;

void f3(int i, shared_int counter, const shared_ints& store) {
    counter += 1;  // atomic, as is the next
    store[static_cast<std::size_t>(::getpid()) % 10] += i;
}
// to here

void in62(notebook& nb) {
    // shown by In62

    shared_int counter;
    shared_ints store(10);
    std::vector<bobbin::ipc::process> processes;
    for (int i = 0; i < 100; ++i) {
        const auto call = [&, i] { f3(i, counter, store); };
        processes.push_back(bobbin::ipc::process::forked(call));  // as copies
    }
    for (bobbin::ipc::process& p : processes) p.join();
    // to here
    nb.counter = counter;
    nb.numbers = {store.begin(), store.end()};
}

void in64(notebook& nb) {
    // shown by In64
    using tally = std::pair<int, int>;
    const auto f4 = [](int i, auto& emit) {
        const int place = ::getpid() % 10;
        emit(place, tally(1, i));
    };
    const auto add = [](const tally& a, const tally& b) {
        return tally(a.first + b.first, a.second + b.second);
    };
    const auto jobs = std::views::iota(0, 100);
    bobbin::ipc::process_pool pool(10);
    auto counting = bobbin::map_reduce<int, tally>(pool, f4, add, jobs);
    const auto res = bobbin::sync_wait(std::move(counting));

    int counter = 0;
    std::vector<int> store(10);
    for (const auto& [place, sum] : res) {
        counter += sum.first;
        store[static_cast<std::size_t>(place)] = sum.second;
    }
    // to here
    nb.counter = counter;
    nb.numbers = std::move(store);
}

verdict look_at_counts(const notebook& nb) {
    const bool ok = nb.counter == 100 && nb.numbers.size() == 10 &&
                    std::accumulate(nb.numbers.begin(), nb.numbers.end(), 0) == 4'950;
    return {.ok = ok, .result = fmt::format("{}\n[{}]", nb.counter, fmt::join(nb.numbers, ", "))};
}

constexpr std::array cells = {
    cell{.name = "In59",
         .since = "In57",
         .title = "Counting (1): a global variable",
         .shows = "Each process counts in a copy of its own: here it stays 0. Threads share it.",
         .run = in59,
         .look = look59},
    cell{.name = "In62",
         .since = "In61",
         .title = "Counting (2): shared memory",
         .shows = "A hundred processes, all at once. The notebook has to start them one after "
                  "another: its += is a load and a store, and loses what others do between.",
         .notebook_seconds = 0.792,
         .run = in62,
         .look = look_at_counts},
    cell{.name = "In64",
         .since = "In63",
         .title = "Counting (3): map and reduce",
         .shows = "Nothing is shared: ten workers return what they have counted, by the last "
                  "digit of their number, and it is added up here.",
         .notebook_seconds = 0.179,
         .run = in64,
         .look = look_at_counts},
};

}  // namespace

std::span<const cell> counting_cells() {
    return cells;
}

}  // namespace tour
