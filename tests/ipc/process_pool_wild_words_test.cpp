// Goal: a job that writes anything into the memory which its worker shares with the application
// costs the jobs of that worker at most. Method: each word of a job ring, each with some values.
#include "pool/job_ring.hpp"
#include "workers.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/ipc/worker_died.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/job_options.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

using namespace bobbin;
using namespace std::chrono_literals;

namespace {

// Where this worker has its job ring: the mapping of that size.
std::byte* own_ring() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (!test::contains(line, "memfd:bobbin")) continue;
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::istringstream(line) >> std::hex >> begin >> dash >> end;
        constexpr std::size_t page = 4096;
        if (end - begin == (sizeof(ipc::detail::job_ring) + page - 1) / page * page)
            return reinterpret_cast<std::byte*>(begin);
    }
    throw std::logic_error("a worker has a job ring");
}

void write_into_ring(std::size_t at, std::uint64_t value) {
    std::memcpy(own_ring() + at, &value, sizeof value);
}

void write_into_queue(const ipc::shared_queue<std::string>& queue, std::uint64_t value) {
    constexpr std::size_t capacity = 128 + 512;
    std::memcpy(queue.memory().data() + capacity, &value, sizeof value);
}

}  // namespace

TEST_CASE("whatever a job writes into its job ring, the pool goes on and no other job is wrong") {
    auto options = test::workers_by(ipc::start_method::fork_server, 1);
    options.restart_intensity.most = 1'000'000;
    options.grace = 1ms;
    ipc::process_pool pool(options);
    job_options limited;
    limited.timeout = 300ms;  // a worker that waits for what it has written over itself is ended
    job_options again;
    again.retries = 10;
    constexpr std::array<std::uint64_t, 5> wild_values = {
        0, 1, 0x100000003, std::uint64_t{1} << 63U, ~std::uint64_t{0}};
    // All before the jobs, two jobs, and a result.
    for (std::size_t at = 0; at < offsetof(ipc::detail::job_ring, jobs) + 80; at += 8) {
        for (const std::uint64_t value : wild_values) {
            INFO("offset ", at, " value ", value);
            try {
                pool.submit(limited, fn<&write_into_ring>(), at, value).get();
            } catch (const ipc::worker_died&) {
            } catch (const ipc::protocol_error&) {
            } catch (const timed_out&) {
            }
            CHECK(pool.submit(again, test::twice, 21).get() == 42);
        }
    }
}

TEST_CASE("a worker that writes over the capacity of a queue changes nothing for the application") {
    ipc::process_pool pool(1);
    for (const std::uint64_t value : {std::uint64_t{1} << 40U, std::uint64_t{0}}) {
        ipc::shared_queue<std::string> queue(1U << 12U);
        for (int i = 0; i < 1000; ++i) {  // away from the start of its memory
            queue.put(std::string(60, 'a'));
            static_cast<void>(queue.get());
        }
        pool.submit(fn<&write_into_queue>(), queue, value).get();
        queue.put("hello");
        CHECK(queue.get_for(1h) == "hello");
        CHECK(queue.try_put(std::string(100, 'b')));
        CHECK(queue.get() == std::string(100, 'b'));
        CHECK(queue.capacity() == 1U << 12U);
        // A worker that opens the queue only now can't know the right capacity.
        CHECK_THROWS_AS(pool.submit(fn<&write_into_queue>(), queue, value).get(),
                        ipc::wrong_segment);
    }
}
