// says: a job's result must be movable
#include <bobbin/runtime/thread_pool.hpp>

#include <mutex>

void misuse(bobbin::thread_pool& pool) {
    auto make = [] { return std::mutex(); };
    pool.submit(make).wait();
}
