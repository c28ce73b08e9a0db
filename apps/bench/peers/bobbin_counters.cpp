// bobbin's ways of counting between processes.
#include "counting.hpp"

#include <bobbin/ipc/mutex.hpp>
#include <bobbin/ipc/sharded_counter.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <mutex>

namespace bench::peers {

namespace ipc = bobbin::ipc;

run_result bobbin_value_count(const count_work& work) {
    ipc::shared_value<std::uint64_t> value;
    const auto increment = [&] { ++value; };
    return count_up(
        work, [&] { return increment; }, [&] { return value.load(); });
}

run_result bobbin_locked_count(const count_work& work) {
    ipc::shared_value<std::uint64_t> value;
    // The lock is the only one who counts: a load and a store, as a user has it who needs the lock.
    const auto increment = [&] {
        const std::lock_guard section(value.get_lock());
        value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    };
    return count_up(
        work, [&] { return increment; }, [&] { return value.load(); });
}

run_result bobbin_sharded_count(const count_work& work) {
    const ipc::sharded_counter counter;
    const auto make_increment = [&] { return [mine = counter.local()]() mutable { ++mine; }; };
    return count_up(work, make_increment, [&] { return counter.value(); });
}

run_result bobbin_mutex_count(const count_work& work) {
    ipc::mutex mutex;
    // What it protects is shared memory that needs no lock of its own.
    const auto memory = ipc::segment::create(sizeof(std::uint64_t));
    auto& count = *reinterpret_cast<std::uint64_t*>(memory.data());
    const auto increment = [&] {
        const std::lock_guard section(mutex);
        ++count;
    };
    return count_up(
        work, [&] { return increment; }, [&] { return count; });
}

}  // namespace bench::peers
