// says: map_reduce: reduce
#include <bobbin/runtime/thread_pool.hpp>

#include <functional>
#include <string>
#include <vector>

bobbin::task<std::string> misuse(bobbin::thread_pool& pool, std::vector<int> numbers) {
    auto twice = [](int number) { return 2 * number; };
    co_return co_await pool.map_reduce(twice, numbers, std::plus<>(), std::string());
}
