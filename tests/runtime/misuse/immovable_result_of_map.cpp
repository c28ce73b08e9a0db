// says: a job's result must be movable
#include <bobbin/runtime/thread_pool.hpp>

#include <mutex>
#include <vector>

bobbin::task<void> misuse(bobbin::thread_pool& pool, std::vector<int> numbers) {
    auto make = [](int) { return std::mutex(); };
    co_await pool.map(make, numbers);
}
