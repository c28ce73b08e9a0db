// Between processes: messages one way and forth and back, and counts that several add to. What the
// table calls workers are pairs of a producer and a consumer, and processes that count.
#include "../peers/ipc.hpp"

#include "../harness/suite.hpp"
#include "../peers/python.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace bench {
namespace {

using peers::count_work;
using peers::message_work;

template <class Work>
struct peer {
    const char* name = nullptr;
    run_result (*run)(const Work& work) = nullptr;
    std::uint64_t full = 0;  // messages of a pair, or increments of a process: some 20 ms
    bool parallel = true;    // false: there is no run with several
    bool there = true;
};

template <class Work>
using peer_list = std::vector<peer<Work>>;

// Whose calls take how long is known well enough to give all about the same time.
constexpr std::uint64_t many = 200'000;
constexpr std::uint64_t few = 50'000;
constexpr std::uint64_t in_python = 4'000;

// It takes a good part of a second to start, so a quick suite has each of its ways once.
struct python_part {
    bool ever;
    bool often;
};

peer_list<message_work> small_messages(const python_part& python) {
    return {
        {"limit", peers::ring_stream, 10 * many, false},
        {"bobbin", peers::bobbin_queue_stream, many},
        {"bobbin batch", peers::bobbin_batch_stream, many},
        {"bobbin pipe", peers::bobbin_pipe_stream, many},
        {"Boost queue", peers::boost_queue_stream, few},
        {"POSIX queue", peers::posix_queue_stream, few, true, peers::has_posix_queue(64)},
        {"Unix pipe", peers::unix_pipe_stream, few},
#ifdef BENCH_ZEROMQ
        {"ZeroMQ ipc", peers::zeromq_stream, few},
#endif
        {"Python Queue", peers::python_queue_stream, in_python, python.often, python.ever},
        {"Python Pipe", peers::python_pipe_stream, in_python, python.often, python.ever},
    };
}

peer_list<message_work> large_messages(const python_part& python, std::size_t bytes) {
    return {
        {"limit", peers::copy_stream, 1000, false},
        {"bobbin", peers::bobbin_queue_stream, 1000, false},
        {"bobbin pipe", peers::bobbin_pipe_stream, 1000, false},
        {"Boost queue", peers::boost_queue_stream, 1000, false},
        {"POSIX queue", peers::posix_queue_stream, 200, false, peers::has_posix_queue(bytes)},
        {"Unix pipe", peers::unix_pipe_stream, 50, false},
#ifdef BENCH_ZEROMQ
        {"ZeroMQ ipc", peers::zeromq_stream, 100, false},
#endif
        {"Python Queue", peers::python_queue_stream, 40, false, python.often},
        {"Python Pipe", peers::python_pipe_stream, 40, false, python.often},
    };
}

peer_list<message_work> round_trips(const python_part& python) {
    constexpr std::uint64_t trips = 100;
    return {
        {"limit", peers::futex_trip, trips, false},
        {"spinning", peers::line_trip, trips, false},
        {"bobbin", peers::bobbin_queue_trip, trips, false},
        {"bobbin pipe", peers::bobbin_pipe_trip, trips, false},
        {"Boost queue", peers::boost_queue_trip, trips, false},
        {"POSIX queue", peers::posix_queue_trip, trips, false, peers::has_posix_queue(64)},
        {"Unix pipe", peers::unix_pipe_trip, trips, false},
#ifdef BENCH_ZEROMQ
        {"ZeroMQ ipc", peers::zeromq_trip, trips, false},
#endif
        {"Python Queue", peers::python_queue_trip, trips, false, python.often},
        {"Python Pipe", peers::python_pipe_trip, trips, false, python.often},
    };
}

peer_list<count_work> counters(const python_part& python) {
    return {
        {"limit", peers::atomic_count, 5 * many},
        {"bobbin", peers::bobbin_value_count, 5 * many},
        {"bobbin get_lock", peers::bobbin_locked_count, 2 * many},
        {"bobbin sharded", peers::bobbin_sharded_count, 250 * many},
        {"bobbin mutex", peers::bobbin_mutex_count, 2 * many},
        {"robust pthread", peers::robust_mutex_count, 2 * many},
        {"Boost mutex", peers::boost_mutex_count, 2 * many},
        {"Python Value", peers::python_value_count, 5 * in_python, python.often, python.ever},
    };
}

std::uint64_t scaled(std::uint64_t full, const suite_size& size) {
    return size.quick ? std::max<std::uint64_t>(full / 50, 8) : full;
}

contender make(const peer<message_work>& peer, const std::string& name, message_work work) {
    const std::uint64_t expected = work.pairs * (work.count * (work.count - 1) / 2);
    return {.runtime = peer.name,
            .work = name,
            .workers = work.pairs,
            .tasks = work.pairs * work.count,
            .expected = [expected] { return expected; },
            .run = [run = peer.run, work] { return run(work); }};
}

contender make(const peer<count_work>& peer, const std::string& name, count_work work) {
    const std::uint64_t expected = work.processes * work.increments;
    return {.runtime = peer.name,
            .work = name,
            .workers = work.processes,
            .tasks = expected,
            .expected = [expected] { return expected; },
            .run = [run = peer.run, work] { return run(work); }};
}

// Each peer at one, and at `several` if it can.
template <class Work, class MakeWork>
void add(suite& suite, const std::string& name, const peer_list<Work>& peers, unsigned several,
         MakeWork make_work) {
    for (const unsigned workers : {1U, several}) {
        for (const peer<Work>& peer : peers) {
            if (peer.there && (workers == 1 || peer.parallel)) {
                suite.contenders.push_back(make(peer, name, make_work(peer.full, workers)));
            }
        }
    }
}

}  // namespace

suite ipc_suite(const suite_size& size) {
    constexpr std::size_t mebibyte = 1U << 20U;
    constexpr unsigned many_pairs = 8;
    suite suite{.name = "ipc",
                .title = "Between processes: messages and counts",
                .task_name = "operation",
                .limit = "limit"};
    const bool has_python = peers::has_python();
    const python_part python{.ever = has_python, .often = has_python && !size.quick};
    const auto messages_of = [&](std::size_t bytes) {
        return [&size, bytes](std::uint64_t full, unsigned pairs) {
            // All pairs together do the work of one.
            const std::uint64_t count = std::max<std::uint64_t>(scaled(full, size) / pairs, 8);
            return message_work{.bytes = bytes, .count = count, .pairs = pairs};
        };
    };
    add(suite, "64 B", small_messages(python), many_pairs, messages_of(64));
    add(suite, "1 MiB", large_messages(python, mebibyte), many_pairs, messages_of(mebibyte));
    add(suite, "round trip", round_trips(python), many_pairs, messages_of(64));
    add(suite, "increment", counters(python), size.workers,
        [&](std::uint64_t full, unsigned processes) {
            return count_work{.increments = scaled(full, size), .processes = processes};
        });
    suite.notes = {
        "w: pairs of a producer and a consumer, and processes that increment. All are processes, "
        "started before, and timed from when all are ready to the last one's end. One pair, and "
        "the processes that increment, have a core each; 8 pairs go where the kernel puts them.",
        "64 B, 1 MiB: one way, as fast as it goes, through 1 MiB or 8 messages of memory. Queues "
        "are one for all pairs, pipes and ZeroMQ one for each. Round trip: 64 B forth and back, "
        "both sides being asleep before. bobbin: shared_queue; batch: put_all and get_some of "
        "256. POSIX queues hold as many messages as the system allows (10).",
        "Increment: bobbin is ++ of a shared_value, get_lock a load and a store under its lock, "
        "sharded a sharded_counter, mutex a number beside an ipc::mutex.",
        "limit: for 64 B, a ring for two that never sleep; for 1 MiB, memcpy in and out at once; "
        "for a round trip, a futex (spinning: a cache line, nobody sleeps); for an increment, a "
        "std::atomic in shared memory.",
        "Peak memory is the parent's, which sends nothing.",
    };
    if (has_python) {
        suite.notes.emplace_back("Python: multiprocessing, lined up and timed likewise by itself.");
    }
    return suite;
}

}  // namespace bench
