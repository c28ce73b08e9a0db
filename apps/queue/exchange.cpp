// See exchange.hpp.
#include "exchange.hpp"

#include "stopwatch.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/shared_queue.hpp>

#include <csignal>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace queue {
namespace {

using bobbin::ipc::process;
using bobbin::ipc::shared_queue;

void put_all(shared_queue<item>& queue, int number, std::uint64_t items) {
    for (std::uint64_t i = 0; i < items; ++i) {
        queue.put({::getpid(), number});
    }
}

// Which children did not end well, and how they ended.
std::string failures(std::vector<process>& children) {
    std::string text;
    for (process& child : children) {
        const bobbin::ipc::exit_status status = child.join();
        if (!status.ok()) {
            text += status.signal != 0
                        ? fmt::format("; process {} was killed by signal {}", child.pid(),
                                      status.signal)
                        : fmt::format("; process {} exited with {}", child.pid(), status.code);
        }
    }
    return text;
}

std::vector<item> get_all(shared_queue<item>& queue, std::uint64_t total,
                          std::vector<process>& children) {
    std::vector<item> received;
    received.reserve(total);
    try {
        while (received.size() < total) {
            received.push_back(queue.get());
        }
    } catch (const bobbin::ipc::producer_died&) {
        throw std::runtime_error(
            fmt::format("{} of {} items came, and nobody is left who could put the others{}",
                        received.size(), total, failures(children)));
    }
    return received;
}

}  // namespace

result exchange(const settings& settings) {
    const apps::stopwatch watch;
    shared_queue<item> queue;
    std::vector<process> children;
    children.reserve(settings.processes);
    for (std::uint64_t i = 0; i < settings.processes; ++i) {
        const bool dies = settings.die && i + 1 == settings.processes;
        children.push_back(process::forked([&queue, i, dies, items = settings.items] {
            if (dies) {
                ::raise(SIGKILL);
            }
            put_all(queue, static_cast<int>(i), items);
        }));
        // Or get would wait for ever for what a dead child has not put.
        queue.expect(children.back().pid());
    }
    result result;
    result.received = get_all(queue, settings.processes * settings.items, children);
    if (const std::string bad = failures(children); !bad.empty()) {
        throw std::runtime_error("all items came" + bad);
    }
    result.seconds = watch.seconds();
    return result;
}

}  // namespace queue
