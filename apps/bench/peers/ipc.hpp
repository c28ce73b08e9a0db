// What the peers can run between processes, for the suite ipc. As in peers.hpp, each function does
// one complete run.
#pragma once

#include "../harness/run.hpp"

#include <cstddef>
#include <cstdint>

namespace bench::peers {

// Messages with the numbers 0 to count - 1, from each of the producers. A run's value is the sum
// of what was received.
struct message_work {
    std::size_t bytes = 64;   // of a message; a multiple of 8
    std::uint64_t count = 0;  // of each pair
    unsigned pairs = 1;       // of a producer and a consumer
    bool anywhere = false;    // round trips: the kernel chooses the cores
};

run_result bobbin_queue_stream(const message_work& work);
run_result bobbin_queue_trip(const message_work& work);
// put_all and get_some, up to 256 at a time.
run_result bobbin_batch_stream(const message_work& work);
run_result bobbin_pipe_stream(const message_work& work);
run_result bobbin_pipe_trip(const message_work& work);

run_result boost_queue_stream(const message_work& work);
run_result boost_queue_trip(const message_work& work);

// Whether the kernel has message queues, and for messages of that size.
bool has_posix_queue(std::size_t bytes);
run_result posix_queue_stream(const message_work& work);
run_result posix_queue_trip(const message_work& work);

run_result unix_pipe_stream(const message_work& work);
run_result unix_pipe_trip(const message_work& work);

// There if the program was built with libzmq (BENCH_ZEROMQ).
run_result zeromq_stream(const message_work& work);
run_result zeromq_trip(const message_work& work);

run_result python_queue_stream(const message_work& work);
run_result python_queue_trip(const message_work& work);
run_result python_pipe_stream(const message_work& work);
run_result python_pipe_trip(const message_work& work);

// What cannot be beaten. A ring for one producer and one consumer that never sleep, for 64 bytes;
// copying each message in and out, by two processes that don't wait for each other; a word and a
// futex; a cache line on which both sides spin.
run_result ring_stream(const message_work& work);
run_result copy_stream(const message_work& work);
run_result futex_trip(const message_work& work);
run_result line_trip(const message_work& work);

// `increments` by each of so many processes of one count, which is the value.
struct count_work {
    std::uint64_t increments = 0;
    unsigned processes = 1;
};

run_result bobbin_value_count(const count_work& work);
// Under the value's lock.
run_result bobbin_locked_count(const count_work& work);
run_result bobbin_sharded_count(const count_work& work);
// A number beside a mutex.
run_result bobbin_mutex_count(const count_work& work);
run_result atomic_count(const count_work& work);
run_result robust_mutex_count(const count_work& work);
run_result boost_mutex_count(const count_work& work);
run_result python_value_count(const count_work& work);

}  // namespace bench::peers
