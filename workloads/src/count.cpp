// See count.hpp.
#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/sharded_counter.hpp>
#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>
#include <bobbin/workloads/count.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <utility>

namespace bobbin { inline namespace v0 {
namespace {

using detail::store_places;

constexpr std::size_t counting_element = 1;

int global_count = 0;

void check(const ipc::exit_status& status, pid_t pid) {
    if (!status.ok()) {
        throw std::runtime_error("process " + std::to_string(pid) + " failed (code " +
                                 std::to_string(status.code) + ", signal " +
                                 std::to_string(status.signal) + ")");
    }
}

// `count()` is called in each child once all are there. Gives the store. The children are copies:
// they see what `count` captures, need no init(), and are quick to start while this process is
// small.
template <class Count>
std::vector<int> run_children(const counting& work, Count count) {
    ipc::event everybody_is_there;
    ipc::shared_array<int> store(store_places);
    std::vector<ipc::process> children;
    children.reserve(work.counters);
    for (std::uint64_t i = 0; i < work.counters; ++i) {
        children.push_back(ipc::process::forked([&, i] {
            everybody_is_there.wait();
            count();
            store[i % store_places] += static_cast<int>(i);
        }));
    }
    everybody_is_there.set();
    for (ipc::process& child : children) {
        check(child.join(), child.pid());
    }
    return {store.begin(), store.end()};
}

template <class Number>
void load_and_store(Number&& number) {
    number.store(number.load() + 1);
}

// `number` is a shared_value or an element of a shared_array.
template <class Number>
void count_by(Number&& number, const counting& work, count_step step) {
    for (std::uint64_t n = 0; n < work.increments; ++n) {
        if (step == count_step::atomic) {
            ++number;
        } else {
            load_and_store(number);
        }
    }
}

}  // namespace

tally count_by_global(const counting& work) {
    global_count = 0;
    auto store = run_children(work, [&] {
        for (std::uint64_t n = 0; n < work.increments; ++n) {
            ++global_count;
        }
    });
    return {.counted = global_count, .store = std::move(store)};
}

tally count_by_value(const counting& work, count_step step) {
    ipc::shared_value<int> value;
    auto store = run_children(work, [&] { count_by(value, work, step); });
    return {.counted = value.load(), .store = std::move(store)};
}

tally count_by_locked_value(const counting& work) {
    ipc::shared_value<int> value;
    auto store = run_children(work, [&] {
        for (std::uint64_t n = 0; n < work.increments; ++n) {
            const std::lock_guard section(value.get_lock());
            load_and_store(value);  // nobody else does anything between
        }
    });
    return {.counted = value.load(), .store = std::move(store)};
}

tally count_by_array(const counting& work, count_step step) {
    ipc::shared_array<int> array(store_places);
    auto store = run_children(work, [&] { count_by(array[counting_element], work, step); });
    return {.counted = array[counting_element].load(), .store = std::move(store)};
}

tally count_by_shards(const counting& work) {
    const ipc::sharded_counter counter;
    auto store = run_children(work, [&] {
        auto mine = counter.local();
        for (std::uint64_t n = 0; n < work.increments; ++n) {
            ++mine;
        }
    });
    return {.counted = counter.value(), .store = std::move(store)};
}

namespace detail {

std::vector<counter_job> jobs_of(const counting& work) {
    std::vector<counter_job> jobs;
    for (std::uint64_t number = 0; number < work.counters; ++number) {
        jobs.push_back({.number = number, .increments = work.increments});
    }
    return jobs;
}

tally tally_of(const std::unordered_map<std::uint64_t, counted_part>& parts) {
    tally all{.counted = 0, .store = std::vector<int>(store_places)};
    for (const auto& [place, part] : parts) {
        all.counted += part.counted;
        all.store.at(place) = static_cast<int>(part.numbers);
    }
    return all;
}

}  // namespace detail

}}  // namespace bobbin::v0
