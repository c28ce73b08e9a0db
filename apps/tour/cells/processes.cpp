// In46-In56: processes one by one, and functions of several arguments.
#include "captured_output.hpp"
#include "estimates.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/bind.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/workloads/random_stream.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tour {
namespace {

constexpr int nprocesses = 10;

// Different in each child, and the same in every run.
std::chrono::microseconds random_time(int i) {
    auto stream = bobbin::random_stream(seed, static_cast<std::uint64_t>(i), 0);
    return std::chrono::microseconds(stream() % 5'000);
}

// The notebook's lines: the number of a process that is not this one, and whose turn it was.
bool are_children_in_turn(const std::vector<std::pair<int, int>>& lines) {
    bool right = lines.size() == nprocesses;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        right = right && lines[i].first != ::getpid() && lines[i].second == static_cast<int>(i);
    }
    return right;
}

// shown by In49
void f(int i) {
    std::this_thread::sleep_for(random_time(i));
    fmt::print("{} {}\n", ::getpid(), i);
}
// to here

void in49(notebook& nb) {
    const captured_output output;
    // shown by In49

    for (int i = 0; i < 10; ++i) {
        bobbin::ipc::process p(bobbin::fn<&f>(), i);
        p.join();
    }
    // to here
    nb.printed = output.lines();
}

verdict look49(const notebook& nb) {
    std::vector<std::pair<int, int>> lines;
    for (const std::string& line : nb.printed) {
        std::size_t end = 0;
        const int pid = std::stoi(line, &end);
        lines.emplace_back(pid, std::stoi(line.substr(end)));
    }
    return {.ok = are_children_in_turn(lines),
            .result = fmt::format("{}", fmt::join(nb.printed, "\n"))};
}

void in51(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In51
    const auto f = [](int a, int b) { return a + b; };
    std::vector<std::pair<int, int>> pairs;
    for (int x = 0; x < 24; x += 2) pairs.emplace_back(x, x + 1);

    bobbin::ipc::process_pool pool(workers);
    std::vector<int> res = bobbin::sync_wait(pool.starmap(f, pairs));
    // to here
    nb.numbers = std::move(res);
}

verdict look51(const notebook& nb) {
    const std::vector<int> expected = {1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45};
    return {.ok = nb.numbers == expected,
            .result = fmt::format("[{}]", fmt::join(nb.numbers, ", "))};
}

void in54(notebook& nb) {
    const unsigned workers = nb.workers;
    // shown by In54
    const auto f = [](int a, int b) { return a * b; };
    const auto fp = bobbin::bind(f, 2);
    const auto xs = std::views::iota(0, 24);

    bobbin::ipc::process_pool pool(workers);
    std::vector<int> res = bobbin::sync_wait(pool.map(fp, xs));
    // to here
    nb.numbers = std::move(res);
}

verdict look54(const notebook& nb) {
    bool ok = nb.numbers.size() == 24;
    for (std::size_t i = 0; i < nb.numbers.size(); ++i) {
        ok = ok && nb.numbers[i] == 2 * static_cast<int>(i);
    }
    const auto half = nb.numbers.begin() + std::min<std::ptrdiff_t>(18, std::ssize(nb.numbers));
    return {
        .ok = ok,
        .result = fmt::format("array([{},\n       {}])", fmt::join(nb.numbers.begin(), half, ", "),
                              fmt::join(half, nb.numbers.end(), ", "))};
}

// shown by In56
using queue = bobbin::ipc::shared_queue<std::pair<int, int>>;

void f1(queue q, int i) {
    std::this_thread::sleep_for(random_time(i));
    q.put({::getpid(), i});
}
// to here

void in56(notebook& nb) {
    // shown by In56

    queue q;
    std::vector<std::pair<int, int>> res;
    for (int i = 0; i < 10; ++i) {
        bobbin::ipc::process p(bobbin::fn<&f1>(), q, i);
        q.expect(p.pid());  // if it died now, get() would throw
        res.push_back(q.get());
        p.join();
    }
    // to here
    nb.pairs = std::move(res);
}

verdict look56(const notebook& nb) {
    std::string text;
    for (const auto& [pid, i] : nb.pairs) {
        text += fmt::format("{}({}, {})", text.empty() ? "[" : ",\n ", pid, i);
    }
    return {.ok = are_children_in_turn(nb.pairs), .result = text + "]"};
}

constexpr std::array cells = {
    cell{.name = "In49",
         .since = "In46",
         .title = "Individual processes",
         .shows = "Ten, one after another: each sleeps a little, then prints who it is. The "
                  "notebook's all sleep equally long, as they are copies with one random "
                  "generator.",
         .run = in49,
         .look = look49},
    cell{.name = "In51",
         .since = "In50",
         .title = "starmap",
         .shows = "A function of two arguments over pairs, without an adapter.",
         .run = in51,
         .look = look51},
    cell{.name = "In54",
         .since = "In52",
         .title = "Partial application",
         .shows = "bind() makes a function of two arguments one of one. The bound argument "
                  "travels with each job.",
         .run = in54,
         .look = look54},
    cell{.name = "In56",
         .since = "In55",
         .title = "Return values through a queue",
         .shows = "Processes have no results but an exit code. What they put into a queue stays "
                  "there, whatever becomes of them; and a queue that is told whom to expect does "
                  "not wait for the dead.",
         .run = in56,
         .look = look56},
};

}  // namespace

std::span<const cell> process_cells() {
    return cells;
}

}  // namespace tour
