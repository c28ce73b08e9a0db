// Counting in shared memory without bobbin: an atomic, and bare locks.
#include "counting.hpp"

#include <bobbin/ipc/segment.hpp>

#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>

#include <atomic>
#include <new>
#include <pthread.h>

namespace bench::peers {
namespace {

// What all processes of a run share.
template <class State>
class shared {
public:
    shared() : state_(*new (memory_.data()) State) {}
    State& operator*() const { return state_; }

private:
    bobbin::ipc::segment memory_ = bobbin::ipc::segment::create(sizeof(State));
    State& state_;
};

struct robust_count {
    robust_count() {
        pthread_mutexattr_t attributes;
        ::pthread_mutexattr_init(&attributes);
        ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        ::pthread_mutex_init(&mutex, &attributes);
        ::pthread_mutexattr_destroy(&attributes);
    }
    pthread_mutex_t mutex{};
    std::uint64_t count = 0;
};

struct boost_count {
    boost::interprocess::interprocess_mutex mutex;
    std::uint64_t count = 0;
};

}  // namespace

run_result atomic_count(const count_work& work) {
    const shared<std::atomic<std::uint64_t>> count;
    const auto increment = [&] { (*count).fetch_add(1, std::memory_order_relaxed); };
    return count_up(
        work, [&] { return increment; }, [&] { return (*count).load(std::memory_order_relaxed); });
}

run_result robust_mutex_count(const count_work& work) {
    const shared<robust_count> state;
    const auto increment = [&] {
        robust_count& counter = *state;
        ::pthread_mutex_lock(&counter.mutex);
        ++counter.count;
        ::pthread_mutex_unlock(&counter.mutex);
    };
    return count_up(
        work, [&] { return increment; }, [&] { return (*state).count; });
}

run_result boost_mutex_count(const count_work& work) {
    const shared<boost_count> state;
    const auto increment = [&] {
        boost_count& counter = *state;
        const boost::interprocess::scoped_lock lock(counter.mutex);
        ++counter.count;
    };
    return count_up(
        work, [&] { return increment; }, [&] { return (*state).count; });
}

}  // namespace bench::peers
