// Long loops of awaits and deep recursion: what an await costs when nothing runs in parallel, and
// how much stack it takes. All of it at one worker.
#include "../harness/suite.hpp"
#include "../peers/peers.hpp"

#include <array>

namespace bench {
namespace {

struct peer {
    const char* name;
    run_result (*loop)(std::uint64_t count, bool with_gauge);
    run_result (*recursion)(std::uint64_t count, bool with_gauge);
};

constexpr auto table = std::to_array<peer>({
    {"serial", peers::serial_loop, peers::serial_recursion},
    {"bobbin", peers::bobbin_loop, peers::bobbin_recursion},
    {"asio::awaitable", peers::asio_awaitable_loop, peers::asio_awaitable_recursion},
    {"asio::post tasks", peers::asio_tasks_loop, peers::asio_tasks_recursion},
});

contender make(const char* runtime, const char* work, std::uint64_t count,
               run_result (*run)(std::uint64_t, bool)) {
    return {.runtime = runtime,
            .work = work,
            .tasks = count,
            .expected = [count] { return count; },
            .run = [run, count] { return run(count, false); },
            .run_for_stack = [run, count] { return run(count, true); }};
}

}  // namespace

suite stack_suite(const suite_size& size) {
    suite suite{.name = "stack",
                .title = "Stack: awaits in a loop and in a deep recursion, one worker",
                .task_name = "await",
                .limit = "serial"};
    const std::uint64_t loop = size.quick ? 50'000 : 2'000'000;
    const std::uint64_t deep = size.quick ? 5'000 : 100'000;
    for (const peer& peer : table) {
        suite.contenders.push_back(make(peer.name, "loop", loop, peer.loop));
    }
    for (const peer& peer : table) {
        suite.contenders.push_back(make(peer.name, "recursion", deep, peer.recursion));
    }
    suite.notes = {
        "loop: 2,000,000 awaits of children that are ready; recursion: 100,000 of them, each "
        "inside the one before (--quick: 50,000 and 5,000). serial makes plain calls.",
        "The peak stack is that below the root of the work, on the thread that runs it, taken by "
        "painting it in a run of its own. Frames of coroutines are on the heap: peak memory.",
    };
    return suite;
}

}  // namespace bench
