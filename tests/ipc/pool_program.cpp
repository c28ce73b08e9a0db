// A program with a pool of processes, for tests of what becomes of these.
//
// usage: pool_program START_METHOD WORKERS DEED
//     sum     prints the sum of twice the numbers below 1000
//     late    says "ready", waits for a byte to read, then does the same
//     idle    prints "ready" when all workers have started, and waits for its end
//     busy    the same, while each worker has a job that does not end
//     flood   the same with short jobs, one after the other
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <cstdio>
#include <functional>
#include <numeric>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace ipc = bobbin::ipc;

namespace {

long doubled(int number) {
    return 2L * number;
}
void stay() {
    for (;;) ::pause();
}
inline constexpr bobbin::fn<&doubled> twice;
inline constexpr bobbin::fn<&stay> stays;

ipc::start_method method(const std::string& name) {
    if (name == "fork_server") return ipc::start_method::fork_server;
    if (name == "spawn") return ipc::start_method::spawn;
    if (name == "fork") return ipc::start_method::fork;
    throw std::invalid_argument("the start method is fork_server, spawn or fork");
}

void say_ready() {
    std::puts("ready");
    std::fflush(stdout);
}

void run(ipc::process_pool& pool, const std::string& deed) {
    std::vector<int> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto sum = [&] {
        return bobbin::sync_wait(pool.map_reduce(twice, numbers, std::plus<>(), 0L));
    };
    if (deed == "sum" || deed == "late") {
        std::printf("%ld\n", sum());
        return;
    }
    sum();
    std::vector<bobbin::job<void>> jobs;
    if (deed == "busy")
        for (unsigned i = 0; i < pool.size(); ++i) jobs.push_back(pool.submit(stays));
    for (const auto& each : jobs)
        while (!each.running()) ::sched_yield();
    say_ready();
    while (deed == "flood") sum();
    for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
    ipc::init(argc, argv);
    try {
        if (argc != 4) throw std::invalid_argument("usage: pool_program METHOD WORKERS DEED");
        ipc::process_pool_options options(static_cast<unsigned>(std::stoul(argv[2])));
        options.start_method = method(argv[1]);
        const std::string deed = argv[3];
        if (deed == "late") {
            say_ready();
            std::getchar();
        }
        ipc::process_pool pool(options);
        run(pool, deed);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pool_program: %s\n", error.what());
        return 1;
    }
    return 0;
}
