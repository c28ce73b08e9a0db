// fib and skynet: a task for each call, hardly anything to do in it. What is measured is the price
// of making, running and joining tasks.
#include "../harness/suite.hpp"
#include "../peers/peers.hpp"
#include "../peers/serial.hpp"

#include <array>
#include <fmt/format.h>

namespace bench {
namespace {

struct tree_sizes {
    int fib = 0;
    int skynet = 0;
};

struct peer {
    const char* name = nullptr;
    run_result (*fib)(unsigned workers, int n) = nullptr;
    run_result (*skynet)(unsigned workers, int depth) = nullptr;
    tree_sizes full;  // so that a run takes 10 to 200 ms
    tree_sizes quick;
    bool copies = false;  // each worker does the whole work instead of a share
};

constexpr auto table = std::to_array<peer>({
    {"serial", peers::serial_fib_run, peers::serial_skynet_run, {35, 8}, {25, 5}, true},
    {"bobbin", peers::bobbin_fib, peers::bobbin_skynet, {31, 7}, {20, 4}},
    {"oneTBB", peers::tbb_fib, peers::tbb_skynet, {29, 6}, {20, 4}},
    {"OpenMP tasks", peers::openmp_fib, peers::openmp_skynet, {27, 5}, {20, 4}},
    {"asio callbacks", peers::asio_callbacks_fib, peers::asio_callbacks_skynet, {25, 5}, {18, 4}},
    {"asio::post tasks", peers::asio_tasks_fib, peers::asio_tasks_skynet, {20, 5}, {18, 4}},
    {"std::async", peers::std_async_fib, peers::std_async_skynet, {13, 3}, {8, 1}},
});

contender make_fib(const peer& peer, unsigned workers, int n) {
    return {.runtime = peer.name,
            .work = "fib",
            .workers = workers,
            .tasks = peers::fib_calls(n) * (peer.copies ? workers : 1),
            .expected = [n] { return peers::fib_value(n); },
            .run = [run = peer.fib, workers, n] { return run(workers, n); }};
}

contender make_skynet(const peer& peer, unsigned workers, int depth) {
    return {.runtime = peer.name,
            .work = "skynet",
            .workers = workers,
            .tasks = peers::skynet_tasks(depth) * (peer.copies ? workers : 1),
            .expected = [depth] { return peers::skynet_value(depth); },
            .run = [run = peer.skynet, workers, depth] { return run(workers, depth); }};
}

std::string describe_sizes(bool quick) {
    std::string text = "Each runtime gets a size that suits its speed (fib n / skynet depth):";
    for (const peer& peer : table) {
        const tree_sizes& size = quick ? peer.quick : peer.full;
        text += fmt::format(" {} {}/{},", peer.name, size.fib, size.skynet);
    }
    text.back() = '.';
    return text;
}

}  // namespace

suite fork_join_suite(const suite_size& size) {
    suite suite{.name = "forkjoin",
                .title = "Fork-join: what a task costs",
                .task_name = "task",
                .limit = "serial"};
    const auto size_of = [&](const peer& peer) { return size.quick ? peer.quick : peer.full; };
    for (const unsigned workers : {1U, size.workers}) {
        for (const peer& peer : table) {
            suite.contenders.push_back(make_fib(peer, workers, size_of(peer).fib));
        }
    }
    for (const unsigned workers : {1U, size.workers}) {
        for (const peer& peer : table) {
            suite.contenders.push_back(make_skynet(peer, workers, size_of(peer).skynet));
        }
    }
    suite.notes = {
        "A task is a call of fib or a node of the tree; a figure is the run's wall time by the "
        "number of tasks, the median over the rounds; ratios are medians over pairs in one round.",
        describe_sizes(size.quick),
        "serial is plain recursion; with several workers, independent copies of it at once, whose "
        "speed-up is the limit for the others. std::async starts a thread a task and gets as many "
        "CPUs as the column has workers.",
        "asio::post tasks are bobbin's own task type on a bare boost::asio::thread_pool: each "
        "task posts its resumption there.",
    };
    return suite;
}

}  // namespace bench
