// multiprocessing: its Queue, Pipe and Value. The processes are lined up and timed as ours are. A
// message is a pair of its number and some bytes.
#include "ipc.hpp"
#include "python.hpp"

#include <fmt/format.h>
#include <string_view>

namespace bench::peers {
namespace {

// run_all(parts) runs each function in a process of its own, and prints the time and the sum of
// what they return. One that returns two values has taken the time itself.
constexpr std::string_view run_all = R"(
import multiprocessing, os, time
context = multiprocessing.get_context("fork")
def run_part(part, number, pinned, barrier, starts, ends, times, sums):
    if pinned:
        cpus = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, [cpus[number % len(cpus)]])
    barrier.wait()
    starts[number] = time.monotonic()
    result = part()
    ends[number] = time.monotonic()
    sums[number], times[number] = result if isinstance(result, tuple) else (result, 0)
def run_all(parts, pinned, value=None):
    starts, ends, times = (context.Array("d", len(parts), lock=False) for _ in range(3))
    sums = context.Array("Q", len(parts), lock=False)
    barrier = context.Barrier(len(parts))
    children = [context.Process(target=run_part,
                                args=(part, i, pinned, barrier, starts, ends, times, sums))
                for i, part in enumerate(parts)]
    for child in children: child.start()
    for child in children: child.join()
    seconds = max(times) or max(ends) - min(starts)
    print(seconds, sum(sums) if value is None else value.value)
def make_Queue():
    queue = context.Queue()
    return queue.put, queue.get
def make_Pipe():
    reader, writer = context.Pipe(duplex=False)
    return writer.send, reader.recv
)";

run_result run_stream(std::string_view kind, bool for_all, const message_work& work) {
    return run_python(fmt::format(R"({}
def produce(put):
    rest = bytes({} - 8)
    for i in range({}): put((i, rest))
    return 0
def consume(get):
    total = 0
    for _ in range({}): total += get()[0]
    return total
parts = []
for pair in range({}):
    if pair == 0 or not {}: put, get = make_{}()
    parts += [lambda put=put: produce(put), lambda get=get: consume(get)]
run_all(parts, len(parts) == 2)
)",
                                  run_all, work.bytes, work.count, work.count, work.pairs,
                                  for_all ? "True" : "False", kind));
}

run_result run_trip(std::string_view kind, const message_work& work) {
    return run_python(fmt::format(R"({}
forth_put, forth_get = make_{}()
back_put, back_get = make_{}()
def ask():
    rest = bytes({} - 8)
    total, seconds = 0, 0
    for i in range({}):
        time.sleep(0.0003)
        start = time.monotonic()
        forth_put((i, rest))
        total += back_get()[0]
        seconds += time.monotonic() - start
    return total, seconds
def answer():
    for _ in range({}): back_put(forth_get())
    return 0
run_all([ask, answer], True)
)",
                                  run_all, kind, kind, work.bytes, work.count, work.count));
}

}  // namespace

run_result python_queue_stream(const message_work& work) {
    return run_stream("Queue", true, work);
}
run_result python_queue_trip(const message_work& work) {
    return run_trip("Queue", work);
}
run_result python_pipe_stream(const message_work& work) {
    return run_stream("Pipe", false, work);
}
run_result python_pipe_trip(const message_work& work) {
    return run_trip("Pipe", work);
}

run_result python_value_count(const count_work& work) {
    return run_python(fmt::format(R"({}
value = context.Value("q", 0)
def count():
    for _ in range({}):
        with value.get_lock(): value.value += 1
    return 0
run_all([count] * {}, True, value)
)",
                                  run_all, work.increments, work.processes));
}

}  // namespace bench::peers
