// A large vector to a worker and back.
#include "futex.hpp"
#include "process_group.hpp"
#include "processes.hpp"
#include "python.hpp"

#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <new>
#include <utility>
#include <vector>

namespace bench::peers {
namespace {

using bobbin::ipc::segment;
using vector = std::vector<double>;

struct give_back {
    vector operator()(vector values) const { return values; }
};

// `cross(vector)` returns the vector that came back. The first trip, in which memory is had and
// touched that will be used again, is not timed. What comes back must be what was sent.
template <class Cross>
run_result cross_often(const large_work& work, Cross cross) {
    vector values(work.bytes / sizeof(double));
    run_result result;
    for (std::uint64_t i = 0; i <= work.trips; ++i) {
        values.front() = values.back() = static_cast<double>(i);
        const run_result trip = timed([&] {
            values = cross(std::move(values));
            return values.size();
        });
        if (i > 0) {
            result.seconds += trip.seconds;
            const bool same = values.front() == static_cast<double>(i) &&
                              values.back() == static_cast<double>(i) &&
                              trip.value == work.bytes / sizeof(double);
            result.value += same ? 1 : 0;
        }
    }
    return result;
}

// One way: memory that stays, and a word that changes when it was filled.
class way {
public:
    explicit way(std::size_t bytes)
        : memory_(segment::create(64 + bytes)),
          turn_(new (memory_.data()) std::atomic<std::uint32_t>(0)),
          values_(reinterpret_cast<double*>(memory_.data() + 64)) {}

    void send(const vector& values) {
        std::copy(values.begin(), values.end(), values_);
        // release pairs with the other side's acquire: the values are there.
        turn_->fetch_add(1, std::memory_order_release);
        futex_wake(*turn_);
    }
    vector receive(std::size_t size) {
        while (turn_->load(std::memory_order_acquire) == seen_) {
            futex_wait(*turn_, seen_);
        }
        ++seen_;
        return {values_, values_ + size};
    }

private:
    segment memory_;
    std::atomic<std::uint32_t>* turn_;
    double* values_;
    std::uint32_t seen_ = 0;
};

}  // namespace

run_result copied_vector(const large_work& work) {
    way forth(work.bytes);
    way back(work.bytes);
    const auto ask = [&](const gate& gate) {
        gate.start();
        const run_result result = cross_often(work, [&](const vector& values) {
            forth.send(values);
            return back.receive(values.size());
        });
        gate.end();
        return result;
    };
    const auto answer = [&](const gate& gate) -> run_result {
        gate.start();
        for (std::uint64_t i = 0; i <= work.trips; ++i) {
            back.send(forth.receive(work.bytes / sizeof(double)));
        }
        gate.end();
        return {};
    };
    return run_processes({{.run = ask}, {.run = answer}});
}

run_result bobbin_process_vector(const large_work& work) {
    bobbin::ipc::process_pool pool(work.workers);
    return cross_often(work, [&](vector values) {
        return bobbin::sync_wait(pool.run(give_back{}, std::move(values)));
    });
}

run_result python_executor_vector(const large_work& work) {
    return run_python(fmt::format(R"(
import array, concurrent.futures, time
def give_back(values): return values
with concurrent.futures.ProcessPoolExecutor({}) as pool:
    values = array.array("d", bytes({}))
    seconds, value = 0, 0
    for i in range({} + 1):
        values[0] = values[-1] = i
        start = time.perf_counter()
        values = pool.submit(give_back, values).result()
        if i > 0:
            seconds += time.perf_counter() - start
            value += values[0] == i and values[-1] == i
    print(seconds, value)
)",
                                  work.workers, work.bytes, work.trips));
}

}  // namespace bench::peers
